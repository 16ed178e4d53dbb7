# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 08 · Identity mappings: must the road stay clear?
#
# In lesson 02 the shortcut was a clear road; in lesson 03 there was a ReLU on it. In 2016, ResNet's authors moved that ReLU to clear the road. Is it the clear road that helps? You will test this, and see what remains open.
#
# **You will be able to**
# - measure what the ReLU after the sum does to signal and gradient;
# - build the block of ResNet v2, and test v1's weights in it;
# - say what a factor or a gate on the road does;
# - show what a shortcut around one layer changes, and what concatenating costs.
#
# Plan for about 120 minutes; a laptop is enough.

# %% [markdown] lang="pt"
# # 08 · Mapeamentos de identidade: a estrada precisa ficar livre?
#
# Na lição 02, o atalho era uma estrada livre; na lição 03, surgiu nela uma ReLU. Em 2016, os autores da ResNet mudaram essa ReLU de lugar. É a estrada livre que ajuda? Nesta lição, você testa isso e vê o que fica em aberto.
#
# **Ao final, você saberá**
# - medir o que a ReLU depois da soma faz com sinal e gradiente;
# - construir o bloco da ResNet v2 e testar nele os pesos da v1;
# - dizer o que faz um fator ou uma porta na estrada;
# - mostrar o que muda com um atalho em volta de uma camada e quanto custa concatenar.
#
# Reserve cerca de 120 minutos; um laptop basta.

# %% setup=true

# %%
from functools import partial
from statistics import mean

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, Adam

from resnet_course import blocks, checks, data, plots
from resnet_course.blocks import conv3x3
from resnet_course.compare import first_divergence
from resnet_course.cost import count_cost, count_parameters
from resnet_course.data import Batches
from resnet_course.experiments import small_net, train_nets, train_small_nets
from resnet_course.language import number
from resnet_course.predictions import compare_prediction, expect
from resnet_course.roads import (
    DenseBlock,
    Gate,
    Times,
    create_skipping_net,
    first_losses,
    net_around,
    put_on_shortcuts,
)
from resnet_course.shapes import record_calls

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first: v1 and v2
#
# The first figure shows the block that you built in lesson 03 (v1), the second the one that you will build today (v2). Both have the same layers, with the same names. In each figure, follow the blue road from x to y: what does a number pass through on its way?

# %% [markdown] lang="pt"
# ## Primeiro, a figura: v1 e v2
#
# A primeira figura mostra o bloco que você construiu na lição 03 (v1); a segunda, o que você vai construir hoje (v2). Os dois têm as mesmas camadas, com os mesmos nomes. Em cada figura, siga a estrada azul de x até y: por onde um número passa no caminho?

# %%
plots.block_diagram(
    "08_identity_mappings.figures.v1", blocks.BasicBlock(8, 8), torch.zeros(1, 8, 14, 14)
)

# %%
plots.block_diagram(
    "08_identity_mappings.figures.v2", blocks.PreActivationBlock(8, 8), torch.zeros(1, 8, 14, 14)
)

# %% [markdown] lang="en" asked="last-relu"
# ## A ReLU on the road
#
# Lesson 02 had $y = F(x) + x$, with slope $F'(x) + 1$. The block of lesson 03 also puts a ReLU after the sum. The slope $m$ of that ReLU is one more factor:
#
# $$y = \mathrm{ReLU}\big(F(x) + x\big), \qquad \frac{\partial y}{\partial x} = m \cdot \big(F'(x) + 1\big), \qquad m = \begin{cases} 1 & F(x) + x > 0 \\ 0 & F(x) + x \le 0 \end{cases}$$
#
# **Predict.** Let $F(x) = -\tfrac{1}{2}x - 1$. What is the slope of $y$ at $x = 4$, at $x = 1$, and at $x = -3$?

# %% [markdown] lang="pt" asked="last-relu"
# ## Uma ReLU na estrada
#
# A lição 02 tinha $y = F(x) + x$, com inclinação $F'(x) + 1$. O bloco da lição 03 tem ainda uma ReLU depois da soma. A inclinação $m$ dela é um fator a mais:
#
# $$y = \mathrm{ReLU}\big(F(x) + x\big), \qquad \frac{\partial y}{\partial x} = m \cdot \big(F'(x) + 1\big), \qquad m = \begin{cases} 1 & F(x) + x > 0 \\ 0 & F(x) + x \le 0 \end{cases}$$
#
# **Preveja.** Seja $F(x) = -\tfrac{1}{2}x - 1$. Qual é a inclinação de $y$ em $x = 4$, em $x = 1$ e em $x = -3$?

# %% predict="slopes"
### BEGIN SOLUTION
# was: slopes_prediction = {"at_4": ..., "at_1": ..., "at_minus_3": ...}
slopes_prediction = {"at_4": 0.5, "at_1": 0.0, "at_minus_3": 0.0}
### END SOLUTION

# %% tags=["nbval-check-output"]
expect(slopes_prediction, {"at_4": float, "at_1": float, "at_minus_3": float})


def slope_of_block(at):
    x = torch.tensor(at, requires_grad=True)
    F.relu((-0.5 * x - 1) + x).backward()
    return x.grad.item()


compare_prediction(
    slopes_prediction,
    {
        "at_4": slope_of_block(4.0),
        "at_1": slope_of_block(1.0),
        "at_minus_3": slope_of_block(-3.0),
    },
)

# %% [markdown] lang="en"
# **Explanation.** Where the sum is not positive, the slope of the whole block is 0: the slope of $F$ is lost, and so is the shortcut's 1. And x itself is lost: every x up to 2 gets the same output, 0. So the ReLU acts as a **mask** of zeros and ones in both directions of the road: on the signal that goes forwards, and on the gradient that comes back.
#
# One barrier is no disaster. But the road leads through *all* the blocks.

# %% [markdown] lang="pt"
# **Explicação.** Onde a soma não é positiva, a inclinação do bloco inteiro é 0: perde-se a inclinação de $F$, e também o 1 do atalho. E o próprio x se perde: qualquer x até 2 tem a mesma saída, 0. A ReLU age, assim, como uma **máscara** de zeros e uns nos dois sentidos da estrada: sobre o sinal que vai e sobre o gradiente que volta.
#
# Uma barreira não é um desastre. Mas a estrada passa por *todos* os blocos.

# %% [markdown] lang="en" banner="relu-on-the-road"
# ## Exercise 1 · `road_gradient`
#
# *Why it matters:* in lesson 02 the shortcut contributed a slope of 1. Here you follow that 1 through the ReLUs of a real net, number by number.
#
# Leave $F$ aside and look at the shortcuts alone. Then what reaches the input of the first block is the gradient at the last block's output, multiplied by the slope of every ReLU on the way.
#
# | argument | what it is |
# |---|---|
# | `sums` | a list of tensors: $F(x) + x$ of each block, from the first to the last |
# | `gradient` | a tensor of the same shape: the gradient of the loss at the last block's output |
#
# Return a new tensor of that shape; leave the arguments as they are. At exactly 0 the slope is 0, as in PyTorch.

# %% [markdown] lang="pt" banner="relu-on-the-road"
# ## Exercício 1 · `road_gradient`
#
# *Por que isso importa:* na lição 02, o atalho contribuía com uma inclinação de 1. Aqui você acompanha esse 1 através das ReLUs de uma rede de verdade, número por número.
#
# Deixe $F$ de lado e olhe só os atalhos. O que chega à entrada do primeiro bloco é, então, o gradiente na saída do último, multiplicado pela inclinação de cada ReLU do caminho.
#
# | argumento | o que é |
# |---|---|
# | `sums` | uma lista de tensores: $F(x) + x$ de cada bloco, do primeiro ao último |
# | `gradient` | um tensor da mesma forma: o gradiente da perda na saída do último bloco |
#
# Devolva um tensor novo dessa forma; deixe os argumentos como estão. Em exatamente 0, a inclinação é 0, como no PyTorch.

# %% exercise="relu-on-the-road" difficulty=2 minutes=12
def road_gradient(sums, gradient):
    """[N, C, H, W] of each sum, and of the gradient -> [N, C, H, W]"""
    # pt: """[N, C, H, W] de cada soma e do gradiente -> [N, C, H, W]"""
    ### BEGIN SOLUTION
    for each in sums:
        gradient = gradient * (each > 0)
    return gradient
    ### END SOLUTION


# %% check="relu-on-the-road" points=2
checks.relu_on_the_road(road_gradient)

# %% [markdown] lang="en"
# <details><summary>Hint: “How do I get 0 and 1?”</summary>
#
# Comparing a tensor with a number returns another tensor: `each > 0` is `True` wherever `each` is positive. In a product, `True` counts as 1 and `False` as 0.
# </details>
# <details><summary>Hint: “How do I combine several masks?”</summary>
#
# One after the other: multiply the gradient by the first mask, the result by the second, and so on. A number passes only where no mask is 0.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como obtenho 0 e 1?”</summary>
#
# Comparar um tensor com um número devolve outro tensor: `each > 0` é `True` onde `each` é positivo. Em um produto, `True` conta como 1 e `False`, como 0.
# </details>
# <details><summary>Dica: “Como combino várias máscaras?”</summary>
#
# Uma depois da outra: multiplique o gradiente pela primeira máscara, o resultado pela segunda, e assim por diante. Um número passa apenas onde nenhuma máscara é 0.
# </details>

# %% [markdown] lang="en"
# ### In a trained net
#
# Does the last ReLU of a block really close the road? Let us count. A residual net of 20 layers learns 1,500 digits; then it is shown 200 digits that it has never seen.
#
# **Predict.** What share of a block's outputs is 0, on average over the net's nine blocks (`zeros`)? And what share of the numbers can pass all three blocks of a stage, on average over the three stages (`open`)? Write numbers from 0 to 1; a difference of up to 0.1 counts as right.

# %% [markdown] lang="pt"
# ### Em uma rede treinada
#
# A última ReLU de um bloco fecha mesmo a estrada? Vamos contar. Uma rede residual de 20 camadas é treinada com 1.500 dígitos; depois passam por ela 200 dígitos que ela nunca viu.
#
# **Preveja.** Que fração das saídas de um bloco é 0, na média dos nove blocos da rede (`zeros`)? E que fração dos números consegue passar pelos três blocos de um estágio, na média dos três estágios (`open`)? Escreva números de 0 a 1; uma diferença de até 0,1 conta como acerto.

# %% predict="mask"
### BEGIN SOLUTION
# was: mask_prediction = {"zeros": ..., "open": ...}
mask_prediction = {"zeros": 0.35, "open": 0.4}
### END SOLUTION

# %%
expect(mask_prediction, {"zeros": (0, 1), "open": (0, 1)})


def sums_in(net, images, stage):
    """F(x) + x of each block of a stage: what its second ReLU gets."""
    # pt: """F(x) + x de cada bloco de um estágio: o que a segunda ReLU dele recebe."""
    calls = record_calls(net, images)
    relus = [call for call in calls if call.name.startswith(stage) and call.name.endswith("relu")]
    return [call.inputs for call in relus[1::2]]


def share(mask):
    return mask.float().mean().item()


(trained,) = train_small_nets(["residual-20"], seeds=[0], images=1500)["residual-20"]
train, held_out = data.split(*data.mnist5k())
unseen = held_out[0][:200]
stages = ("layer1", "layer2", "layer3")
sums = {stage: sums_in(trained.model.eval(), unseen, stage) for stage in stages}
zeros = {
    f"{stage}.{index}": share(each <= 0)
    for stage in stages
    for index, each in enumerate(sums[stage])
}
passing = {
    stage: share(road_gradient(each, torch.ones_like(each[0])) > 0) for stage, each in sums.items()
}
compare_prediction(
    mask_prediction,
    {"zeros": mean(zeros.values()), "open": mean(passing.values())},
    within=0.1,
)

# %% [markdown] lang="en"
# The figure shows the share of zeros in each of the nine blocks:

# %% [markdown] lang="pt"
# A figura mostra a fração de zeros em cada um dos nove blocos:

# %%
plots.bars(
    "08_identity_mappings.figures.zeros",
    zeros,
    colors=dict.fromkeys(zeros, "residual"),
    percent=True,
    figures={"low": 100 * min(zeros.values()), "high": 100 * max(zeros.values())},
)

# %% claims=true
assert 0.25 < mean(zeros.values()) < 0.45, {
    "en": "about a third of it is closed",
    "pt": "cerca de um terço dela está fechado",
}

# %% [markdown] lang="en"
# **Explanation.** Yes, the last ReLU closes the road in places: on average over the blocks, about a third of it is closed. If each block closed its share of the places at random, how much would pass all three blocks of a stage? For each stage, the next cell prints first the share that would pass in that case, then the share that does pass. The last line shows the mean share of zeros in a *new* net, then in the trained one: has training opened the road?

# %% [markdown] lang="pt"
# **Explicação.** Sim: em parte dos lugares, a última ReLU fecha a estrada. Na média dos blocos, cerca de um terço dela está fechado. Se cada bloco fechasse a sua fração de lugares ao acaso, quanto passaria pelos três blocos de um estágio? Para cada estágio, a próxima célula imprime primeiro a fração que passaria nesse caso e depois a que passa de fato. A última linha mostra a fração média de zeros em uma rede *nova* e depois na treinada: o treino abriu a estrada?

# %%
for stage in stages:
    by_chance = 1.0
    for each in sums[stage]:
        by_chance *= share(each > 0)
    print(f"{stage}: {by_chance:.0%} {passing[stage]:.0%}")

torch.manual_seed(0)
fresh = small_net("residual-20")  # in train mode, as it would begin to learn
# pt: fresh = small_net("residual-20")  # em modo de treino, como começaria a aprender
closed = [share(each <= 0) for stage in stages for each in sums_in(fresh, unseen, stage)]
print(f"{mean(closed):.0%} {mean(zeros.values()):.0%}")

# %% claims=true
assert all(
    passing[stage] > torch.tensor([share(each > 0) for each in sums[stage]]).prod().item()
    for stage in stages
), {"en": "More passes than would pass by chance", "pt": "Passa mais do que passaria ao acaso"}
assert abs(mean(closed) - mean(zeros.values())) < 0.08, {
    "en": "training hardly changes the share",
    "pt": "o treino quase não muda essa fração",
}

# %% [markdown] lang="en"
# More passes than would pass by chance: closed places tend to be the same from block to block. The x that enters a block comes out of the previous block's ReLU, so it is never negative. So if the shortcut is x itself, the ReLU after the sum is closed only where $F$ cancels all of x, or where x was 0 and $F$ adds nothing positive.
#
# In our small net, training hardly changes the share of zeros, as the last line shows. He et al. (2016, section 4.2) saw a larger effect in a net of 164 layers: training made its sums positive more often. With 1,000 layers, they write, it sets sums to zero more often.

# %% [markdown] lang="pt"
# Passa mais do que passaria ao acaso: os lugares fechados tendem a ser os mesmos de bloco em bloco. O x que entra em um bloco sai de uma ReLU e nunca é negativo. Se o atalho é o próprio x, a ReLU depois da soma só se fecha onde $F$ cancela x por inteiro, ou onde x já era 0 e $F$ não acrescenta nada positivo.
#
# Na nossa rede pequena, o treino quase não muda essa fração de zeros, como mostra a última linha. He et al. (2016, seção 4.2) viram um efeito maior em uma rede de 164 camadas: com o treino, mais somas eram positivas. Com 1.000 camadas, segundo eles, ela zera somas mais vezes.

# %% [markdown] lang="en"
# ## What happens to the mean of the signal
#
# The mask is one effect of the ReLU. The second concerns the *mean* of the signal (not its spread around that mean). In a new net, $F$ ends with a BatchNorm, whose output has mean 0 over the batch in every channel. So $F$ adds as much as it takes away. In v1, the ReLU comes after the sum.
#
# **Predict.** Fifty untrained blocks follow one another. With each of these three forms, does the mean of the signal end at more than twice its initial value (`"grows"`), or near its initial value (`"kept"`)?
#
# | key | block |
# |---|---|
# | `v1` | $\mathrm{ReLU}(F(x) + x)$ |
# | `relu_before_sum` | $\mathrm{ReLU}(F(x)) + x$ |
# | `no_relu` | $F(x) + x$ |

# %% [markdown] lang="pt"
# ## O que acontece com a média do sinal
#
# A máscara é um efeito da ReLU. O segundo diz respeito à *média* do sinal (e não à dispersão em torno dela). Em uma rede nova, $F$ termina com uma BatchNorm, cuja saída tem média 0 no lote, em cada canal. $F$ acrescenta, assim, tanto quanto tira. Na v1, a ReLU vem depois da soma.
#
# **Preveja.** Cinquenta blocos novos estão em sequência. Em cada uma destas três formas, a média do sinal termina em mais que o dobro do que era (cresce: `"grows"`) ou perto do valor inicial (é mantida: `"kept"`)?
#
# | chave | bloco |
# |---|---|
# | `v1` | $\mathrm{ReLU}(F(x) + x)$ |
# | `relu_before_sum` | $\mathrm{ReLU}(F(x)) + x$ |
# | `no_relu` | $F(x) + x$ |

# %% predict="signal"
### BEGIN SOLUTION
# was: signal_prediction = {"v1": ..., "relu_before_sum": ..., "no_relu": ...}
signal_prediction = {"v1": "grows", "relu_before_sum": "grows", "no_relu": "kept"}
### END SOLUTION

# %%
expect(
    signal_prediction,
    {name: ["grows", "kept"] for name in ("v1", "relu_before_sum", "no_relu")},
)


def correction(block, x):
    """F(x) of a BasicBlock: conv - BN - ReLU - conv - BN"""
    # pt: """F(x) de um BasicBlock: conv - BN - ReLU - conv - BN"""
    return block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))


orders = {
    "v1": lambda f, x: F.relu(f + x),
    "relu_before_sum": lambda f, x: F.relu(f) + x,
    "no_relu": lambda f, x: f + x,
}
torch.manual_seed(0)
start = F.relu(torch.randn(64, 8, 14, 14))
signals = dict.fromkeys(orders, start)
signal_means = {name: [start.mean().item()] for name in orders}
with torch.no_grad():
    for _ in range(50):
        block = blocks.BasicBlock(8, 8)
        for name, join in orders.items():
            signals[name] = join(correction(block, signals[name]), signals[name])
            signal_means[name].append(signals[name].mean().item())
fates = {
    name: "grows" if each[-1] > 2 * each[0] else "kept" for name, each in signal_means.items()
}
spreads = (number(each.std().item(), ".2f") for each in (start, signals["no_relu"]))
print("no_relu, spread (standard deviation) at first and after 50 blocks:", *spreads)
# pt: print("no_relu, dispersão (desvio-padrão) no início e depois de 50 blocos:", *spreads)
compare_prediction(signal_prediction, fates)

# %% [markdown] lang="en"
# The figure shows the mean of the signal after each of the fifty blocks:

# %% [markdown] lang="pt"
# A figura mostra a média do sinal depois de cada um dos cinquenta blocos:

# %%
plots.lines(
    "08_identity_mappings.figures.signal",
    range(51),
    signal_means,
    colors={"v1": "residual", "relu_before_sum": "light", "no_relu": "accent"},
    figures={name: each[-1] for name, each in signal_means.items()},
)

# %% [markdown] lang="en"
# **Explanation.** On average, $F$ adds nothing. But $\mathrm{ReLU}(z) \ge z$: whatever a ReLU changes, it makes larger. So with a ReLU after or just before the sum, the mean can only climb. Without a ReLU the *mean* stays where it was, up to rounding; but the *spread* grows (see the printed line): every $F$ adds positive and negative numbers.
#
# Why not leave the last ReLU out, then? In $F(x) + x$ (the green line), no ReLU would be left between `conv2` of one block and `conv1` of the next: nothing non-linear would separate these two convolutions.
#
# A ReLU just *before* the sum does not help either: with it, ResNet-110's error on CIFAR-10 was 7.84% instead of 6.61% (He et al. 2016, table 2).

# %% [markdown] lang="pt"
# **Explicação.** Em média, $F$ não acrescenta nada. Mas $\mathrm{ReLU}(z) \ge z$: tudo o que uma ReLU muda, ela aumenta. Com uma ReLU depois da soma, ou logo antes dela, a média só pode subir. Sem ReLU, a *média* fica onde estava, a não ser pelo arredondamento; mas a *dispersão* cresce (veja a linha impressa): cada $F$ soma números positivos e negativos.
#
# Por que, então, não tirar a última ReLU? Em $F(x) + x$ (a linha verde), não restaria ReLU entre a `conv2` de um bloco e a `conv1` do seguinte: nada de não linear separaria essas duas convoluções.
#
# Uma ReLU logo *antes* da soma também não ajuda: com ela, a ResNet-110 errou 7,84% no CIFAR-10 em vez de 6,61% (He et al. 2016, tabela 2).

# %% [markdown] lang="en" banner="pre-activation"
# ## Exercise 2 · `PreActivationBlock`
#
# *Why it matters:* in the paper, nets of a thousand layers train well when BatchNorm and ReLU come before each convolution. The Wide ResNets for CIFAR-10 and DenseNet use this order too, and most Transformers also normalise before each layer instead of after the sum.
#
# The authors' solution: BN and ReLU move *before* each convolution, onto the side road ([**pre-activation**](glossary:pre-activation)). On the main road, only sums are left.
#
# $$y = W_2 * \mathrm{ReLU}\Big(\mathrm{BN}_2\big(W_1 * \mathrm{ReLU}(\mathrm{BN}_1(x))\big)\Big) + s(x)$$
#
# (As in lesson 03, $*$ stands for a convolution.) Below is the block of that lesson. Change its order, and the one size in `__init__` that no longer fits. The shortcut $s(x)$ is x itself. If a `downsample` is given, it gets the output of the *first ReLU*, as in the authors' code.

# %% [markdown] lang="pt" banner="pre-activation"
# ## Exercício 2 · `PreActivationBlock`
#
# *Por que isso importa:* no artigo, redes de mil camadas treinam bem com BatchNorm e ReLU antes de cada convolução. As Wide ResNets para o CIFAR-10 e a DenseNet também adotam essa ordem, e a maioria dos Transformers normaliza antes de cada camada, e não depois da soma.
#
# A solução dos autores: BN e ReLU passam para *antes* de cada convolução, na estrada lateral ([**pré-ativação**](glossary:pre-activation)). Na estrada principal, só restam somas.
#
# $$y = W_2 * \mathrm{ReLU}\Big(\mathrm{BN}_2\big(W_1 * \mathrm{ReLU}(\mathrm{BN}_1(x))\big)\Big) + s(x)$$
#
# (Como na lição 03, $*$ é uma convolução.) Abaixo está o bloco daquela lição. Mude a ordem e o único tamanho do `__init__` que já não serve. O atalho $s(x)$ é o próprio x. Se houver um `downsample`, ele recebe a saída da *primeira ReLU*, como no código dos autores.

# %% exercise="pre-activation" difficulty=3 minutes=20
class PreActivationBlock(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        ### BEGIN SOLUTION
        # was: self.bn1 = nn.BatchNorm2d(planes)
        self.bn1 = nn.BatchNorm2d(inplanes)
        ### END SOLUTION
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = conv3x3(planes, planes)
        self.downsample = downsample

    def forward(self, x):
        """[N, inplanes, H, W] -> [N, planes, ceil(H / stride), ceil(W / stride)]"""
        ### BEGIN SOLUTION
        # was: identity = x if self.downsample is None else self.downsample(x)
        # was: out = self.relu(self.bn1(self.conv1(x)))
        # was: out = self.bn2(self.conv2(out))
        # was: return self.relu(out + identity)
        out = self.relu(self.bn1(x))
        identity = x if self.downsample is None else self.downsample(out)
        out = self.conv1(out)
        out = self.conv2(self.relu(self.bn2(out)))
        return out + identity
        ### END SOLUTION


# %% check="pre-activation" points=4
checks.pre_activation(PreActivationBlock)

# %% [markdown] lang="en"
# <details><summary>Hint: “Which size no longer fits?”</summary>
#
# `bn1` now comes first. How many channels does its input have: `inplanes` or `planes`?
# </details>
# <details><summary>Hint: “Where do I compute the shortcut?”</summary>
#
# After the first ReLU and before `conv1`: there you have both x and what a `downsample` should get.
# </details>
# <details><summary>Hint: “May the ReLU work in place?”</summary>
#
# Yes, as long as its input is a tensor that a BatchNorm has just made. If its input is `x`, it changes what is on the road.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Que tamanho já não serve?”</summary>
#
# Agora `bn1` vem primeiro. Quantos canais tem a entrada dela: `inplanes` ou `planes`?
# </details>
# <details><summary>Dica: “Onde calculo o atalho?”</summary>
#
# Depois da primeira ReLU e antes de `conv1`: ali você tem tanto x quanto o que um `downsample` deve receber.
# </details>
# <details><summary>Dica: “A ReLU pode trabalhar in-place?”</summary>
#
# Pode, desde que a entrada dela seja um tensor que uma BatchNorm acabou de criar. Se a entrada é `x`, ela muda o que está na estrada.
# </details>

# %% [markdown] lang="en" asked="v1-or-v2"
# ### The same layers in a different order
#
# The next cell compares two nets of 20 layers, one of each kind. It prints how many parameters each has, whether all the names are the same, and which parameters have a different size. The figure after it shows your block, drawn from the layers that actually ran.

# %% [markdown] lang="pt" asked="v1-or-v2"
# ### Nada a mais, só outra ordem
#
# A próxima célula compara duas redes de 20 camadas, uma de cada tipo. Ela imprime quantos parâmetros cada uma tem, se todos os nomes são os mesmos e que parâmetros têm outro tamanho. A figura seguinte mostra o seu bloco, desenhado a partir das camadas que de fato foram executadas.

# %% tags=["nbval-check-output"]
v1, v2 = small_net("residual-20"), small_net("preactivation-20")
other_sizes = [
    name for name, each in v1.named_parameters() if each.shape != v2.get_parameter(name).shape
]
print(*(number(count_parameters(net), ",") for net in (v1, v2)))
print(set(v1.state_dict()) == set(v2.state_dict()))
print(other_sizes)

# %%
plots.block_diagram(
    "08_identity_mappings.figures.own", PreActivationBlock(8, 8), torch.zeros(1, 8, 14, 14)
)

# %% [markdown] lang="en"
# Every name of v1 is a name of v2, and both have the same number of parameters. Only three BatchNorms have a different size, and the three sizes add up to the same number in both nets. So can you load published v1 weights into a v2 net?
#
# **Predict.**
#
# - `loads`: does `load_state_dict` of a v2 *block* accept the weights of a v1 block without an error?
# - `worse`: from the net trained above, a v2 *net* gets all the weights whose shape fits; the three BatchNorms of a different size stay untrained. The **control** is a v1 net with exactly the same weights and the same three BatchNorms untrained. Is the accuracy of v2 at least 5 percentage points lower than that of the control?

# %% [markdown] lang="pt"
# Todo nome da v1 é um nome da v2, e as duas têm o mesmo número de parâmetros. Só três BatchNorms têm outro tamanho, e a soma dos três é a mesma nas duas redes. Dá, então, para carregar pesos publicados da v1 em uma rede v2?
#
# **Preveja.**
#
# - `loads`: o `load_state_dict` de um *bloco* v2 aceita sem erro os pesos de um bloco v1?
# - `worse`: uma *rede* v2 recebe da rede treinada mais acima todos os pesos cuja forma combina; as três BatchNorms de outro tamanho ficam sem treino. O **controle** é uma rede v1 que recebe exatamente os mesmos pesos; nela, as mesmas três BatchNorms também ficam sem treino. A acurácia da v2 fica pelo menos 5 pontos percentuais abaixo da do controle?

# %% predict="weights"
### BEGIN SOLUTION
# was: weights_prediction = {"loads": ..., "worse": ...}
weights_prediction = {"loads": True, "worse": True}
### END SOLUTION

# %% [markdown] lang="en"
# The control makes the comparison fair: what the untrained BatchNorms cost must not be blamed on the order of the layers. The cell measures the accuracy of the trained `v1`, the `control` and `v2`, each of them twice: first with the statistics that the BatchNorms have stored (eval mode), then with those of the images themselves (train mode). An untrained BatchNorm has stored nothing useful, so your guess is about the second number.

# %% [markdown] lang="pt"
# O controle torna a comparação justa: o que as BatchNorms sem treino custam não pode ser atribuído à ordem das camadas. A célula mede a acurácia da `v1` treinada, do controle (`control`) e da `v2`, duas vezes cada: primeiro com as estatísticas que as BatchNorms guardaram (modo de avaliação), depois com as das próprias imagens (modo de treino). Uma BatchNorm sem treino não guardou nada de útil; por isso, o seu palpite é sobre o segundo número.

# %%
expect(weights_prediction, {"loads": bool, "worse": bool})

answer = PreActivationBlock(8, 8).load_state_dict(blocks.BasicBlock(8, 8).state_dict())


def with_weights_that_fit(net, weights):
    own = net.state_dict()
    own |= {name: each for name, each in weights.items() if each.shape == own[name].shape}
    net.load_state_dict(own)
    return net


def right(net, images, labels, train):
    with torch.no_grad():
        return share(net.train(train)(images).argmax(1) == labels)


weights = {name: each.clone() for name, each in trained.model.state_dict().items()}
renewed = {name.rpartition(".")[0] for name in other_sizes}
kept = {name: each for name, each in weights.items() if name.rpartition(".")[0] not in renewed}
torch.manual_seed(0)
loaded = {
    "v1": with_weights_that_fit(small_net("residual-20"), weights),
    "control": with_weights_that_fit(small_net("residual-20"), kept),
    "v2": with_weights_that_fit(small_net("preactivation-20"), kept),
}
stored = {name: right(net, *held_out, train=False) for name, net in loaded.items()}
of_batch = {name: right(net, *held_out, train=True) for name, net in loaded.items()}
print(answer)
for name in loaded:
    print(f"{name:8} {stored[name]:.0%} {of_batch[name]:.0%}")
compare_prediction(
    weights_prediction,
    {
        "loads": not answer.missing_keys,
        "worse": of_batch["v2"] <= of_batch["control"] - 0.05,
    },
)

# %% claims=true
assert of_batch["v2"] > 0.5, {
    "en": "v2 still names most digits correctly, but fewer",
    "pt": "a v2 ainda acerta a maioria dos dígitos, só que menos",
}
assert stored["v2"] < 0.35, {"en": "v2 only guesses", "pt": "a v2 só chuta"}
assert stored["v1"] - stored["control"] > (stored["v1"] - stored["v2"]) / 2, {
    "en": "alone cost most of what v2 lost",
    "pt": "já custam a maior parte do que a v2 perdeu",
}

# %% [markdown] lang="en"
# **Explanation.** `load_state_dict` compares only names and shapes; *what a weight means* depends on where its layer is in the net. So there is no error, but the answers are worse: with the batch's statistics, v2 still names most digits correctly, but fewer than the control.
#
# In eval mode v2 only guesses. But look at the control there: the three untrained BatchNorms alone cost most of what v2 lost, so eval mode says little about the order.
#
# `first_divergence`, the tool of lesson 03, shows the difference at once. In its table, the very first layer that runs is not the same. (A layer that runs at a different place appears twice: as missing and as not in the reference.)

# %% [markdown] lang="pt"
# **Explicação.** `load_state_dict` só compara nomes e formas; *o que um peso significa* depende do lugar que a camada dele ocupa na rede. Não há erro, mas as respostas são piores: com as estatísticas do lote, a v2 ainda acerta a maioria dos dígitos, só que menos que o controle.
#
# Em modo de avaliação, a v2 só chuta. Mas olhe o controle nesse modo: só as três BatchNorms sem treino já custam a maior parte do que a v2 perdeu, e por isso esse modo diz pouco sobre a ordem.
#
# `first_divergence`, a ferramenta da lição 03, mostra a diferença na hora. Na tabela, já a primeira camada não é a mesma. (Uma camada executada em outro lugar aparece duas vezes: como ausente e como inexistente na referência.)

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
first_divergence(PreActivationBlock(4, 4), blocks.BasicBlock(4, 4), torch.randn(1, 4, 6, 6))

# %% [markdown] lang="en"
# torchvision has only v1. Weights from other sources that are marked “v2” or “preact” need a v2 net. Two similar names mean something else: in torchvision, `IMAGENET1K_V2` is a different training recipe, not a different block; and the “v1.5” of lesson 04 concerns the stride.

# %% [markdown] lang="pt"
# O torchvision só tem a v1. Pesos de outras fontes marcados como “v2” ou “preact” precisam de uma rede v2. Dois nomes parecidos querem dizer outra coisa: no torchvision, `IMAGENET1K_V2` é outra receita de treino, não outro bloco; e a “v1.5” da lição 04 diz respeito ao passo.

# %% [markdown] lang="en"
# ## The net that ends with BN and ReLU
#
# In v1 every block ends with a ReLU. A v2 block ends with a bare sum. A v2 net has one more BatchNorm and ReLU at its end, before the pooling. In exchange, it has neither at its beginning.
#
# **Predict.** Three new nets of each kind, with 110 layers, guess some digits for the first time. Guessing blindly costs a loss of ln 10 ≈ 2.30. Which kind's mean loss comes nearest to that (`nearest`): `"v1"`, `"v2"` or `"v2-bare"` (v2 without that end)?

# %% [markdown] lang="pt"
# ## A rede que termina com BN e ReLU
#
# Na v1, todo bloco termina com uma ReLU. Um bloco v2 termina com a soma pura. Uma rede v2 tem uma BatchNorm e uma ReLU a mais no fim, antes do *pooling*. Em troca, não tem BatchNorm nem ReLU no começo.
#
# **Preveja.** Três redes novas de cada tipo, com 110 camadas, dão o primeiro palpite sobre alguns dígitos. Chutar às cegas custa uma perda de ln 10 ≈ 2,30. Que tipo fica, em média, mais perto disso (`nearest`): `"v1"`, `"v2"` ou `"v2-bare"` (v2 sem esse fim)?

# %% predict="end"
### BEGIN SOLUTION
# was: end_prediction = {"nearest": ...}
end_prediction = {"nearest": "v2"}
### END SOLUTION

# %%
expect(end_prediction, {"nearest": ["v1", "v2", "v2-bare"]})


def without_the_end(depth):
    net = small_net(f"preactivation-{depth}")
    net.bn1, net.relu = nn.Identity(), nn.Identity()
    return net


makers = {
    "v1": partial(small_net, "residual-110"),
    "v2": partial(small_net, "preactivation-110"),
    "v2-bare": partial(without_the_end, 110),
}


def first_guess(make, seed, images, labels):
    torch.manual_seed(seed)
    with torch.no_grad():
        return F.cross_entropy(make()(images), labels).item()


some = [each[:100] for each in train]
each_guess = {name: [] for name in makers}
for name, make in makers.items():
    for seed in range(3):
        each_guess[name].append(first_guess(make, seed, *some))
first_guesses = {name: mean(losses) for name, losses in each_guess.items()}
for name, losses in each_guess.items():
    shown = (number(loss, ".2f") for loss in (first_guesses[name], *losses))
    print(f"{name:8} {next(shown)}  ←", *shown)
distances = {name: abs(loss - 2.30) for name, loss in first_guesses.items()}
compare_prediction(end_prediction, {"nearest": min(distances, key=distances.get)})

# %% claims=true
assert min(first_guesses["v1"], first_guesses["v2-bare"]) > first_guesses["v2"] + 0.1, {
    "en": "begin with a loss that is too high",
    "pt": "começam com uma perda alta demais",
}

# %% [markdown] lang="en"
# **Explanation.** In v1 the *mean* of the signal only grows. In `v2-bare` the mean need not grow, but the *spread* does, as with $F(x) + x$ above: every block adds positive and negative numbers. On average, both begin with a loss that is too high: far too high in v1; in `v2-bare` only somewhat, and not in every net. Logits that are too large cause this: the net has learned nothing and is already confident. In v2 the spread grows as well, but the BatchNorm at the end of the net brings it back to a standard size.

# %% [markdown] lang="pt"
# **Explicação.** Na v1, a *média* do sinal só cresce. Na `v2-bare`, a média não precisa crescer, mas a *dispersão* cresce, como em $F(x) + x$, acima: cada bloco soma números positivos e negativos. Em média, as duas começam com uma perda alta demais: o excesso é grande na v1; na `v2-bare`, é menor e nem aparece em todas as redes. É o efeito de logits grandes demais: a rede ainda não aprendeu nada e já tem certeza. Na v2, a dispersão também cresce, mas a BatchNorm no fim da rede a traz de volta a um tamanho padrão.

# %% [markdown] lang="en"
# ## From 110 to 1,000 layers
#
# The paper trained both kinds to the end, with three depths. These are the errors on CIFAR-10 in per cent (He et al. 2016, table 3):
#
# | layers | v1 | v2 |
# |---|---|---|
# | 110 | 6.61 | 6.37 |
# | 164 | 5.93 | 5.46 |
# | 1,001 | 7.61 | 4.92 |
#
# (The nets of 164 and 1,001 layers are made of bottlenecks.) With about 1,000 layers the order makes a large difference at the end of training.

# %% [markdown] lang="pt"
# ## De 110 a 1.000 camadas
#
# O artigo treinou os dois tipos até o fim, com três profundidades. Estes são os erros no CIFAR-10, em porcentagem (He et al. 2016, tabela 3):
#
# | camadas | v1 | v2 |
# |---|---|---|
# | 110 | 6,61 | 6,37 |
# | 164 | 5,93 | 5,46 |
# | 1.001 | 7,61 | 4,92 |
#
# (As redes de 164 e 1.001 camadas são feitas de gargalos.) Com cerca de 1.000 camadas, a ordem faz muita diferença no fim do treino.

# %% [markdown] lang="en"
# With 110 and with 164 layers the gain is small. Does it come from the clear road? The paper has a control for that: a net with *only* the ReLU moved before each convolution. Its road is just as clear as that of v2, but its convolutions do not get a normalised sum. Its errors are 6.71% with 110 layers and 5.91% with 164 layers, about the same as those of v1. So at these depths, a clear road alone did not help; it helped only together with BatchNorm in front of each convolution. The authors think that this BatchNorm regularises.

# %% [markdown] lang="pt"
# Com 110 e com 164 camadas, o ganho é pequeno. Ele vem da estrada livre? O artigo tem um controle para isso: uma rede em que *só* a ReLU passa para antes de cada convolução. A estrada dela é tão livre quanto a da v2, mas as convoluções não recebem uma soma normalizada. Os erros dela são 6,71% com 110 camadas e 5,91% com 164 camadas, praticamente iguais aos da v1. Nessas profundidades, portanto, a estrada livre sozinha não ajudou; só ajudou junto com a BatchNorm antes de cada convolução. Os autores acham que essa BatchNorm regulariza.

# %% [markdown] lang="en"
# We cannot train a thousand layers to the end here: it took the authors 27 hours on two GPUs. But we can watch the *beginning*: a few steps, always with the same 16 digits. Besides v1 and v2 there is a **control**: a v1 net with the BatchNorm and ReLU of v2 at its end. Whatever the control does better than v1 cannot be due to a clear road, because its road is that of v1.
#
# **Predict** for 1,004 layers (the number of layers in our small nets is always 6n + 2). Which net has the lower loss at the last step, `"v1"` or `"v2"` (`lower`)? And which of the two has a loss nearer to that of the control (`control`)?

# %% [markdown] lang="pt"
# Não dá para treinar mil camadas até o fim aqui: no artigo, isso levou 27 horas em duas GPUs. Mas dá para ver o *começo*: alguns passos, sempre com os mesmos 16 dígitos. Além da v1 e da v2, há um **controle**: uma rede v1 com a BatchNorm e a ReLU da v2 no fim. O que o controle faz melhor que a v1 não pode vir de uma estrada livre, porque a estrada dele é a da v1.
#
# **Preveja** para 1.004 camadas (o número de camadas das nossas redes pequenas é sempre 6n + 2). Que rede tem a menor perda no último passo, `"v1"` ou `"v2"` (`lower`)? E qual das duas tem a perda mais próxima da do controle (`control`)?

# %% predict="depth"
### BEGIN SOLUTION
# was: depth_prediction = {"lower": ..., "control": ...}
depth_prediction = {"lower": "v2", "control": "v2"}
### END SOLUTION

# %% [markdown] lang="en"
# The cell trains the three nets (SGD with a learning rate of 0.05 and momentum 0.9): with 110 layers for six steps, then with 1,004 layers for three. This takes some ten seconds. It prints the losses with 110 layers, before each step. The figure after it shows those with 1,004 layers, which your guess is about.

# %% [markdown] lang="pt"
# A célula treina as três redes (SGD com taxa de aprendizado 0,05 e momento 0,9): com 110 camadas, por seis passos; depois, com 1.004 camadas, por três. Isso leva uns dez segundos. Ela imprime as perdas com 110 camadas, antes de cada passo. A figura seguinte mostra as perdas com 1.004 camadas, que são as do seu palpite.

# %%
expect(depth_prediction, {"lower": ["v1", "v2"], "control": ["v1", "v2"]})


def v1_with_an_end(depth):
    net = small_net(f"residual-{depth}")
    net.avgpool = nn.Sequential(nn.BatchNorm2d(32), nn.ReLU(), net.avgpool)
    return net


def trio(depth):
    return {
        "v1": partial(small_net, f"residual-{depth}"),
        "control": partial(v1_with_an_end, depth),
        "v2": partial(small_net, f"preactivation-{depth}"),
    }


shallower = first_losses(trio(110), steps=6, images=16)
for name, each in shallower.items():
    print(f"{name:8}", *(number(loss, ".2f") for loss in each))
deepest = first_losses(trio(1004), steps=3, images=16)
last = {name: each[-1] for name, each in deepest.items()}
from_control = {name: abs(last[name] - last["control"]) for name in ("v1", "v2")}
compare_prediction(
    depth_prediction,
    {
        "lower": "v1" if last["v1"] < last["v2"] else "v2",
        "control": min(from_control, key=from_control.get),
    },
)

# %%
plots.training_curves(
    "08_identity_mappings.figures.deep",
    deepest,
    colors={"v1": "residual", "control": "neutral", "v2": "accent"},
    log=True,
)

# %% claims=true
assert deepest["v1"][0] > 2 * deepest["v2"][0], {
    "en": "v1's loss begins huge and jumps about",
    "pt": "a perda da v1 começa enorme e dá saltos",
}
assert deepest["v2"] == sorted(deepest["v2"], reverse=True), {
    "en": "v2's falls step by step",
    "pt": "a da v2 cai passo a passo",
}
assert shallower["v1"][-1] < shallower["v2"][-1] + 0.3, {
    "en": "by the sixth step v1 has caught up or is ahead",
    "pt": "até o sexto passo a v1 alcança ou ultrapassa a v2",
}
assert from_control["v2"] < from_control["v1"] / 5, {
    "en": "the control does as well as v2",
    "pt": "o controle vai tão bem quanto a v2",
}

# %% [markdown] lang="en"
# **Explanation.** With 1,004 layers, v1's loss begins huge and jumps about, while v2's falls step by step. With 110 layers, v1's loss jumps as well, but by the sixth step v1 has caught up or is ahead (see the printed rows): these steps are no evidence for v2. With 1,004 layers, three steps do not show whether v1 would catch up.
#
# Is it the clear road that makes v2 begin so well? No: the control does as well as v2, although its road is v1's. It differs from v1 only in the BatchNorm and ReLU at its end. There v1's signal has become too large; the BatchNorm brings it to a standard size.

# %% [markdown] lang="pt"
# **Explicação.** Com 1.004 camadas, a perda da v1 começa enorme e dá saltos, enquanto a da v2 cai passo a passo. Com 110 camadas, a perda da v1 também salta, mas até o sexto passo a v1 alcança ou ultrapassa a v2 (veja as linhas impressas): esses passos não favorecem a v2. Com 1.004 camadas, três passos não mostram se a v1 alcançaria a v2.
#
# É a estrada livre que faz a v2 começar tão bem? Não: com a estrada da v1, o controle vai tão bem quanto a v2. Ele só difere da v1 na BatchNorm e na ReLU do fim. Ali, o sinal da v1 cresceu demais; a BatchNorm o traz a um tamanho padrão.

# %% [markdown] lang="en"
# So must the road stay clear?
#
# - **Measured here:** not for a good beginning. With a BatchNorm and a ReLU at its end, v1 trains as well as v2 in these first steps.
# - **Found by the paper:** with 1,001 layers, in five complete training runs of each net, v2 makes far fewer errors than v1. At the start, the authors write, the training error of v1 falls “very slowly”, but the loss of v2 “very quickly”. They give two reasons: the clear road makes training easier, and BatchNorm in front of each convolution regularises.
# - **Open here:** the masks are still on the road of the control. A few steps cannot show what they would cost by the end of training.

# %% [markdown] lang="pt"
# A estrada precisa, então, ficar livre?
#
# - **Medido aqui:** para começar bem, não. Com uma BatchNorm e uma ReLU no fim, a v1 treina tão bem quanto a v2 nestes primeiros passos.
# - **Mostrado pelo artigo:** com 1.001 camadas, em cinco treinos completos de cada rede, a v2 erra bem menos que a v1. No começo, segundo os autores, o erro de treino da v1 cai muito devagar, e a perda da v2, muito depressa. Eles dão duas razões: a estrada livre facilita o treino, e a BatchNorm antes de cada convolução regulariza.
# - **Em aberto aqui:** as máscaras continuam na estrada do controle. Alguns passos não bastam para dizer quanto elas custariam até o fim do treino.

# %% [markdown] lang="en"
# ## A factor or a gate on the road
#
# In v1 the mean of the signal grows from block to block. Could a factor on the road prevent that, say, 0.9 · x in place of x?
#
# **Predict.** How much of x is left after 50 shortcuts with this factor, as a number from 0 to 1? (A difference of up to 0.05 counts as right.)

# %% [markdown] lang="pt"
# ## Um fator ou uma porta na estrada
#
# Na v1, a média do sinal cresce de bloco em bloco. Um fator na estrada, digamos 0,9 · x em vez de x, poderia impedir isso?
#
# **Preveja.** Quanto sobra de x depois de 50 atalhos com esse fator, como número de 0 a 1? (Uma diferença de até 0,05 conta como acerto.)

# %% predict="factor"
### BEGIN SOLUTION
# was: factor_prediction = {"left": ...}
factor_prediction = {"left": 0.005}
### END SOLUTION

# %% tags=["nbval-check-output"]
expect(factor_prediction, {"left": (0, 1)})

x = torch.ones(1)
for _ in range(50):
    x = 0.9 * x
compare_prediction(factor_prediction, {"left": x.item()}, within=0.05)

# %% [markdown] lang="en"
# **Explanation.** 0.9⁵⁰ ≈ 0.005. It is the vanishing product of lesson 01 again, this time on the shortcut. And 1.1⁵⁰ would be 117: a factor that is multiplied by itself fifty times has to be very close to 1.
#
# A [gate](glossary:gate) is a factor, too: it multiplies x by 1 − g, where the net computes g, a number from 0 to 1, from x. A 1 × 1 convolution is a factor as well: a matrix. (Highway Networks had such gates before ResNet, and multiplied F(x) by g as well.) He et al. (2016, table 1) tried these in ResNet-110:
#
# | on every shortcut | error on CIFAR-10 |
# |---|---|
# | nothing: x itself | 6.61% |
# | gate 1 − g, half open at first | 12.86% |
# | gate 1 − g, almost fully open at first | 6.91% |
# | the same gate, and F(x) multiplied by g | 8.70% |
# | 1 × 1 convolution | 12.22% |

# %% [markdown] lang="pt"
# **Explicação.** 0,9⁵⁰ ≈ 0,005. É de novo o produto que some, da lição 01, desta vez no atalho. E 1,1⁵⁰ daria 117: um fator multiplicado cinquenta vezes por si mesmo precisa ficar muito perto de 1.
#
# Uma [porta](glossary:gate) também é um fator: ela multiplica x por 1 − g, em que g, um número de 0 a 1, é calculado pela rede a partir de x. Uma convolução 1 × 1 também: nela, o fator é uma matriz. (As Highway Networks já tinham portas assim antes da ResNet e multiplicavam também F(x), por g.) He et al. (2016, tabela 1) experimentaram isto na ResNet-110:
#
# | em todo atalho | erro no CIFAR-10 |
# |---|---|
# | nada: o próprio x | 6,61% |
# | porta 1 − g, meio aberta no início | 12,86% |
# | porta 1 − g, quase toda aberta no início | 6,91% |
# | a mesma porta, e F(x) multiplicado por g | 8,70% |
# | convolução 1 × 1 | 12,22% |

# %% [markdown] lang="en"
# The bias of a gate decides how it begins. Here g is the sigmoid of a convolution: with a bias of 0 it is about one half, so the gate is half open; with −6 it is nearly 0, so the gate is almost fully open. For each of these biases, the cell prints how much a road of 54 gates lets through before any training:

# %% [markdown] lang="pt"
# O viés de uma porta decide como ela começa. Aqui, g é a sigmoide de uma convolução: com viés 0, ela fica em torno de um meio, e a porta está meio aberta; com −6, fica quase em 0, e a porta está quase toda aberta. Para cada um desses vieses, a célula imprime quanto uma estrada de 54 portas deixa passar antes de qualquer treino:

# %%
torch.manual_seed(0)
for bias in (0, -6):
    gates = nn.Sequential(*(Gate(8, bias) for _ in range(54)))
    print(number(gates(torch.ones(1, 8, 1, 1)).mean().item(), ".2g"))

# %% [markdown] lang="en"
# In the table, only one of the gates comes near the 6.61%: the one that is almost fully open at first and leaves F(x) alone. The gates and the 1 × 1 convolution *could* come as near to the identity as you like, and represent other functions as well. But training did not get there. (Lesson 02: what a net can represent is one thing, what training finds another.)
#
# **Predict.** A residual net of 56 layers learns 700 digits: once with x, once with 0.9 · x and once with 0.5 · x on its 25 shortcuts that keep the shape. Which of the three ends with the highest error on its training images (`worst`), and which with the lowest (`best`): `"1x"`, `"0.9x"` or `"0.5x"`?

# %% [markdown] lang="pt"
# Na tabela, só uma das portas chega perto dos 6,61%: a que está quase toda aberta no início e não mexe em F(x). As portas e a convolução 1 × 1 *poderiam* aproximar-se da identidade o quanto fosse preciso, e também representar outras funções. Mas o treino não chegou lá. (Lição 02: uma coisa é o que a rede pode representar, outra, o que o treino encontra.)
#
# **Preveja.** Uma rede residual de 56 camadas é treinada com 700 dígitos: uma vez com x, uma com 0,9 · x e uma com 0,5 · x em seus 25 atalhos que mantêm a forma. Qual termina com o maior erro nas próprias imagens de treino (`worst`) e qual com o menor (`best`): `"1x"`, `"0.9x"` ou `"0.5x"`?

# %% predict="road"
### BEGIN SOLUTION
# was: road_prediction = {"worst": ..., "best": ...}
road_prediction = {"worst": "0.5x", "best": "1x"}
### END SOLUTION

# %%
expect(road_prediction, {key: ["1x", "0.9x", "0.5x"] for key in ("worst", "best")})


def net_with(factor):
    return put_on_shortcuts(small_net("residual-56"), lambda channels: Times(factor))


sgd = partial(SGD, lr=0.05, momentum=0.9)
factors = {"1x": 1.0, "0.9x": 0.9, "0.5x": 0.5}
scaled = {name: partial(net_with, factor) for name, factor in factors.items()}
road_runs = train_nets(scaled, [0], images=700, epochs=3, make_optimizer=sgd)
road_errors = {name: run.train_error for name, (run,) in road_runs.items()}
compare_prediction(
    road_prediction,
    {
        "worst": max(road_errors, key=road_errors.get),
        "best": min(road_errors, key=road_errors.get),
    },
)

# %% [markdown] lang="en"
# The figure shows the three training errors:

# %% [markdown] lang="pt"
# A figura mostra os três erros de treino:

# %%
plots.bars(
    "08_identity_mappings.figures.road",
    road_errors,
    colors=dict.fromkeys(road_errors, "residual"),
    percent=True,
)

# %% claims=true
assert road_errors["1x"] < road_errors["0.9x"] < road_errors["0.5x"], {
    "en": "The smaller the factor, the less is learned",
    "pt": "Quanto menor o fator, menos se aprende",
}

# %% [markdown] lang="en"
# **Explanation.** The smaller the factor, the less is learned in the same time, at least with these three. The gradient can also take the side roads, but here they do not make up for what the factor takes. (The factor weakens the signal, too; which of the two causes the errors was not measured.) With longer training, would the net with 0.9 · x catch up? Three epochs do not tell. The course's tests repeat these runs with three seeds.
#
# In the paper, ResNet-110 has 54 shortcuts. With 0.5 · x on all of them its error was more than 20% (“fail”); with 0.5 · x and 0.5 · F(x), it was 12.35%.

# %% [markdown] lang="pt"
# **Explicação.** Quanto menor o fator, menos se aprende no mesmo tempo, pelo menos com estes três. O gradiente também pode passar pelas estradas laterais, mas aqui elas não compensam o que o fator tira. (O fator enfraquece também o sinal; qual dos dois causa os erros não foi medido.) A rede com 0,9 · x alcançaria a que usa x se treinasse mais? Três épocas não dizem. Os testes do curso repetem estes treinos com três sementes.
#
# No artigo, a ResNet-110 tem 54 atalhos. Com 0,5 · x em todos, o erro dela foi de mais de 20% (“falha”); com 0,5 · x e 0,5 · F(x), foi de 12,35%.

# %% [markdown] lang="en" asked="why-two-layers"
# ## Why skip two layers and not one?
#
# Why do the shortcuts of a ResNet skip two layers, or three? There could be one around every single layer. Take one convolution and its shortcut: $W * x + x$. Both terms are linear in x, and so is their sum. And a linear function of this kind is … a convolution.

# %% [markdown] lang="pt" asked="why-two-layers"
# ## Por que saltar duas camadas e não uma?
#
# Por que os atalhos de uma ResNet saltam duas camadas, ou três? Poderia haver um em volta de cada camada. Pegue uma convolução e o seu atalho: $W * x + x$. Os dois termos são lineares em x, e a soma deles também. E uma função linear desse tipo é… uma convolução.

# %% [markdown] lang="en" banner="how-many-to-skip"
# ## Exercise 3 · `fold_shortcut`
#
# *Why it matters:* a shortcut that can be folded into the weights adds no new function. Nets such as [RepVGG](https://arxiv.org/abs/2101.03697) (Ding et al. 2021) use this: they train with shortcuts and run without them.
#
# `fold_shortcut(weight)` gets the weights of a convolution without bias that keeps the image's size: `[C, C, k, k]`, with an odd k. Return the weights, of the same shape, of *one* convolution that computes conv(x) + x:
#
# ```python
# F.conv2d(x, fold_shortcut(weight), padding=k // 2) == F.conv2d(x, weight, padding=k // 2) + x
# ```
#
# Leave `weight` itself as it is.

# %% [markdown] lang="pt" banner="how-many-to-skip"
# ## Exercício 3 · `fold_shortcut`
#
# *Por que isso importa:* um atalho que se pode embutir nos pesos não acrescenta nenhuma função nova. Redes como a [RepVGG](https://arxiv.org/abs/2101.03697) (Ding et al. 2021) aproveitam isso: treinam com atalhos e rodam sem eles.
#
# `fold_shortcut(weight)` recebe os pesos de uma convolução sem viés que mantém o tamanho da imagem: `[C, C, k, k]`, com k ímpar. Devolva os pesos, da mesma forma, de *uma* convolução que calcule conv(x) + x:
#
# ```python
# F.conv2d(x, fold_shortcut(weight), padding=k // 2) == F.conv2d(x, weight, padding=k // 2) + x
# ```
#
# Deixe o próprio `weight` como está.

# %% exercise="how-many-to-skip" difficulty=3 minutes=12
def fold_shortcut(weight):
    """[C, C, k, k] -> [C, C, k, k]"""
    ### BEGIN SOLUTION
    folded = weight.clone()
    middle = weight.shape[-1] // 2
    for channel in range(len(weight)):
        folded[channel, channel, middle, middle] += 1
    return folded
    ### END SOLUTION


# %% check="how-many-to-skip" points=2
checks.how_many_to_skip(fold_shortcut)

# %% [markdown] lang="en"
# <details><summary>Hint: “Which weights return x unchanged?”</summary>
#
# Output channel 2 must be input channel 2, at the same place. So filter 2 has a single 1: in its channel 2, in the middle of the window. All its other weights are 0.
# </details>
# <details><summary>Hint: “And conv(x) + x?”</summary>
#
# The sum of two convolutions with the same padding is one convolution, with the sum of their weights.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Que pesos devolvem x sem mudança?”</summary>
#
# O canal de saída 2 precisa ser o canal de entrada 2, no mesmo lugar. Por isso, o filtro 2 tem um único 1: no seu canal 2, no meio da janela. Todos os outros pesos dele são 0.
# </details>
# <details><summary>Dica: “E conv(x) + x?”</summary>
#
# A soma de duas convoluções com o mesmo preenchimento é uma só convolução, com a soma dos pesos delas.
# </details>

# %% [markdown] lang="en"
# ### The proof, and its limit
#
# The cell asks three questions about a real digit. First line: does one convolution, with the weights from your function, compute conv(x) + x, up to rounding? The other two lines test a property of every linear function: for $-x$ it gives the opposite of what it gives for $x$. Is that true with one layer (second line)? And with two layers that have a ReLU between them (third line)?

# %% [markdown] lang="pt"
# ### A prova e o limite dela
#
# A célula faz três perguntas sobre um dígito de verdade. Primeira linha: uma só convolução, com os pesos da sua função, calcula conv(x) + x, a não ser pelo arredondamento? As outras duas linhas testam uma propriedade de toda função linear: para $-x$, ela dá o oposto do que dá para $x$. Isso vale com uma camada (segunda linha)? E com duas camadas que têm uma ReLU entre elas (terceira linha)?

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
features = F.conv2d(data.digit(7), torch.randn(4, 1, 3, 3), padding=1)
first, second = torch.randn(2, 4, 4, 3, 3) / 6


def around_one(x, w):
    return F.conv2d(x, w, padding=1) + x


def around_two(x, w1, w2):
    return F.conv2d(F.relu(F.conv2d(x, w1, padding=1)), w2, padding=1) + x


one, two = around_one(features, first), around_two(features, first, second)
print(torch.allclose(F.conv2d(features, fold_shortcut(first), padding=1), one, atol=1e-4))
print(torch.allclose(around_one(-features, first), -one, atol=1e-4))
print(torch.allclose(around_two(-features, first, second), -two, atol=1e-4))

# %% [markdown] lang="en"
# So a shortcut around one linear layer yields no function that the layer alone could not represent. A BatchNorm in that layer changes nothing here: in eval mode it is linear as well, plus a constant. Around two layers with a ReLU between them, a shortcut does yield new functions. (The third line alone does not show this: such layers are not linear even without a shortcut.) Take single numbers instead of images: w₂ · ReLU(w₁ · x) is flat on one side of 0, whatever the weights; with + x it need not be flat on either side.

# %% [markdown] lang="pt"
# Um atalho em volta de uma camada linear, portanto, não permite nenhuma função que a camada sozinha já não pudesse representar. Uma BatchNorm nessa camada não muda nada aqui: em modo de avaliação, ela também é linear, mais uma constante. Em volta de duas camadas com uma ReLU entre elas, um atalho permite, sim, funções novas. (A terceira linha sozinha não mostra isso: mesmo sem atalho, tais camadas não são lineares.) Pense em números em vez de imagens: w₂ · ReLU(w₁ · x) é plana de um lado do 0, sejam quais forem os pesos; com + x, não precisa ser plana de lado nenhum.

# %% [markdown] lang="en"
# But can training make use of it? Four nets are trained alike. Each has three stages of 12 convolutions, with a BatchNorm after every convolution:
#
# - `skip-0` has no shortcuts;
# - `skip-1` and `skip-2` have shortcuts around 1 and around 2 convolutions, respectively;
# - `folded` is a **control** without shortcuts. Where the shape is kept, its convolutions *begin* as conv(x) + x, with the shortcut folded in by your function.
#
# **Predict** their errors on the training images. Is the error of `skip-1` nearer to that of `"skip-0"` or to that of `"skip-2"` (`one`)? And is that of the control nearer to that of `"skip-0"` or to that of `"skip-1"` (`folded`)?

# %% [markdown] lang="pt"
# Mas o que uma rede pode representar é uma coisa; o que o treino encontra é outra. Quatro redes são treinadas do mesmo jeito. Cada uma tem três estágios de 12 convoluções, com uma BatchNorm depois de cada convolução:
#
# - a `skip-0` não tem atalhos;
# - a `skip-1` e a `skip-2` têm atalhos em volta de 1 e de 2 convoluções, respectivamente;
# - a `folded` é um **controle** sem atalhos. Onde a forma se mantém, as convoluções dele *começam* como conv(x) + x, com o atalho embutido pela sua função.
#
# **Preveja** os erros nas imagens de treino. O da `skip-1` fica mais perto do da `"skip-0"` ou do da `"skip-2"` (`one`)? E o do controle fica mais perto do da `"skip-0"` ou do da `"skip-1"` (`folded`)?

# %% predict="skip"
### BEGIN SOLUTION
# was: skip_prediction = {"one": ..., "folded": ...}
skip_prediction = {"one": "skip-2", "folded": "skip-0"}
### END SOLUTION

# %%
expect(skip_prediction, {"one": ["skip-0", "skip-2"], "folded": ["skip-0", "skip-1"]})


def begins_with_shortcuts():
    net = create_skipping_net(12, 0)
    with torch.no_grad():
        for layer in net.modules():
            # The stem and the first layer of a stage change the shape: there is no x to add.
            # pt: # A entrada e a primeira camada de um estágio mudam a forma: não há x a somar.
            if isinstance(layer, nn.Conv2d) and layer.in_channels == layer.out_channels:
                layer.weight.copy_(fold_shortcut(layer.weight))
    return net


def nearer(name, one, other, errors):
    return min((one, other), key=lambda each: abs(errors[each] - errors[name]))


skips = {f"skip-{skip}": partial(create_skipping_net, 12, skip) for skip in (0, 1, 2)}
skips = {"skip-0": skips["skip-0"], "folded": begins_with_shortcuts} | skips
skip_runs = train_nets(skips, [0], images=1000, epochs=3, make_optimizer=sgd)
skip_errors = {name: run.train_error for name, (run,) in skip_runs.items()}
compare_prediction(
    skip_prediction,
    {
        "one": nearer("skip-1", "skip-0", "skip-2", skip_errors),
        "folded": nearer("folded", "skip-0", "skip-1", skip_errors),
    },
)

# %% [markdown] lang="en"
# The figure shows the four training errors:

# %% [markdown] lang="pt"
# A figura mostra os quatro erros de treino:

# %%
plots.bars(
    "08_identity_mappings.figures.skip",
    skip_errors,
    colors={name: "residual" if name in ("skip-1", "skip-2") else "plain" for name in skips},
    percent=True,
    figures={
        "plain": 100 * skip_errors["skip-0"],
        "control": 100 * skip_errors["folded"],
        "one": 100 * skip_errors["skip-1"],
        "two": 100 * skip_errors["skip-2"],
    },
)

# %% claims=true
assert skip_errors["skip-1"] < skip_errors["skip-0"] - 0.15, {
    "en": "it learns far more with them",
    "pt": "ela aprende muito mais com eles",
}
assert nearer("folded", "skip-0", "skip-1", skip_errors) == "skip-0", {
    "en": "learns hardly more than the plain net",
    "pt": "aprende pouco mais que a rede simples",
}

# %% [markdown] lang="en"
# **Explanation.** Shortcuts around single layers add nothing to what the net can *represent*, and yet it learns far more with them. So what *these* shortcuts change is how the net learns. Nor is it merely a matter of the initial weights: the control begins with the same 1 in its weights, and learns hardly more than the plain net. It differs from `skip-1` in two ways. In the control, a BatchNorm comes *after* the sum, on the road, and each training step can change the 1; in `skip-1`, the BatchNorm is on the side road, and the 1 is fixed. This control does not show which of the two costs so much. (The course's tests repeat these runs with three seeds.)

# %% [markdown] lang="pt"
# **Explicação.** Atalhos em volta de camadas isoladas não acrescentam nada ao que a rede pode *representar*; mesmo assim, ela aprende muito mais com eles. O que os atalhos mudam é, portanto, como uma rede aprende. E não é só uma questão dos pesos iniciais: o controle começa com o mesmo 1 nos pesos e aprende pouco mais que a rede simples. Ele difere da `skip-1` em duas coisas. No controle, uma BatchNorm vem *depois* da soma, na estrada, e cada passo do treino pode mudar o 1; na `skip-1`, a BatchNorm fica na estrada lateral, e o 1 é fixo. Este controle não mostra qual das duas custa tanto. (Os testes do curso repetem estes treinos com três sementes.)

# %% [markdown] lang="en"
# Why two layers, then? With full training and 110 layers, He et al. (2016, table 3) measured an error of 9.90% with shortcuts around one layer and of 6.61% around two. Zagoruyko and Komodakis (2016) also found two to be the best number. But linearity is not the whole reason. In a v2 block even a single layer has a ReLU of its own, so its shortcut cannot be folded away; and yet the error there was 8.91% with shortcuts around one layer and 6.37% around two.

# %% [markdown] lang="pt"
# Por que duas camadas, então? Com treino completo e 110 camadas, He et al. (2016, tabela 3) mediram um erro de 9,90% com atalhos em volta de uma camada e de 6,61% em volta de duas. Zagoruyko e Komodakis (2016) também concluíram que duas camadas são a melhor escolha. Mas a linearidade não explica tudo. Em um bloco v2, até uma só camada tem a sua própria ReLU, e o atalho dela não pode ser embutido; mesmo assim, o erro ali foi de 8,91% com atalhos em volta de uma camada e de 6,37% em volta de duas.

# %% [markdown] lang="en" asked="add-or-concatenate"
# ## Add or concatenate?
#
# F(x) and x can be added only if they have the same shape, and in the sum they can no longer be told apart. Why not put them side by side? [DenseNet](glossary:dense-connection) (Huang et al. 2017) does: each layer sees the block's input and the outputs of *all* layers before it, and puts a few new channels beside them. Here too, x goes on unchanged: the road is clear. The number of new channels is called the *growth*.
#
# The next cell builds a block with three layers. For each layer it prints how many channels the layer sees, how many it makes, and how many there are after it:

# %% [markdown] lang="pt" asked="add-or-concatenate"
# ## Somar ou concatenar?
#
# Para somar F(x) e x, as formas precisam ser iguais, e depois da soma já não se distingue um do outro. Por que não pôr os dois lado a lado? A [DenseNet](glossary:dense-connection) (Huang et al. 2017) faz isso: cada camada vê a entrada do bloco e as saídas de *todas* as camadas anteriores, e põe alguns canais novos ao lado delas. Aqui também x segue inalterado: a estrada está livre. O número de canais novos chama-se *crescimento* (*growth*).
#
# A próxima célula constrói um bloco com três camadas. Para cada uma, imprime quantos canais a camada vê, quantos ela cria e quantos há depois dela:

# %% tags=["nbval-check-output"]
x = torch.randn(1, 16, 14, 14)
for layer in DenseBlock(16, growth=8, layers=3).layers:
    new = layer(x)
    x = torch.cat([x, new], dim=1)
    print(f"{layer[-1].in_channels} → {new.shape[1]}, {x.shape[1]}")

# %% [markdown] lang="en" banner="add-or-concatenate"
# ## Exercise 4 · `dense_cost`
#
# *Why it matters:* your function shows in numbers why ResNet adds.
#
# Return two whole numbers for a dense block: the number of channels that leave it, and the number of weights of all its 3 × 3 convolutions. These have no bias; the BatchNorms do not count.
#
# | argument | what it is |
# |---|---|
# | `channels` | channels that enter the block |
# | `growth` | channels that each layer adds |
# | `layers` | number of layers |
#
# The cell above shows a block with 16, 8 and 3.

# %% [markdown] lang="pt" banner="add-or-concatenate"
# ## Exercício 4 · `dense_cost`
#
# *Por que isso importa:* a sua função mostra, em números, por que a ResNet soma.
#
# Devolva dois números inteiros para um bloco denso: o número de canais que saem dele e o número de pesos de todas as suas convoluções 3 × 3. Elas não têm viés; as BatchNorms não contam.
#
# | argumento | o que é |
# |---|---|
# | `channels` | canais que entram no bloco |
# | `growth` | canais que cada camada acrescenta |
# | `layers` | número de camadas |
#
# A célula acima mostra um bloco com 16, 8 e 3.

# %% exercise="add-or-concatenate" difficulty=2 minutes=10
def dense_cost(channels, growth, layers):
    ### BEGIN SOLUTION
    weights = 0
    for _ in range(layers):
        weights += 9 * channels * growth
        channels += growth
    return channels, weights
    ### END SOLUTION


# %% check="add-or-concatenate" points=2
checks.add_or_concatenate(dense_cost)

# %% [markdown] lang="en"
# <details><summary>Hint: “How many weights does one layer have?”</summary>
#
# A layer has `growth` filters of 3 × 3. Each filter has 9 weights for every channel that the layer sees.
# </details>
# <details><summary>Hint: “How do I add up the layers?”</summary>
#
# Use a loop with two numbers that grow: the weights so far, and the channels so far. In each turn, count the weights of the layer first, then add its channels.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Quantos pesos tem uma camada?”</summary>
#
# Uma camada tem `growth` filtros de 3 × 3. Cada filtro tem 9 pesos para cada canal que a camada vê.
# </details>
# <details><summary>Dica: “Como somo as camadas?”</summary>
#
# Use um laço com dois números que crescem: os pesos até aqui e os canais até aqui. Em cada volta, conte primeiro os pesos da camada, depois acrescente os canais dela.
# </details>

# %% [markdown] lang="en"
# ### What adding and concatenating cost with depth
#
# We compare two blocks, one that adds and one that concatenates, with 2 to 40 layers each; 16 channels enter both. Adding keeps the 16 channels, so every layer costs the same. Concatenating with a growth of 8 begins cheaper.
#
# **Predict.** What is the smallest number of layers with which the dense block has more weights than the residual one (`from_layers`)? Try your function.

# %% [markdown] lang="pt"
# ### Quanto custam somar e concatenar com a profundidade
#
# Comparamos dois blocos, um que soma e um que concatena, com 2 a 40 camadas cada; em ambos entram 16 canais. Somar mantém os 16 canais, e por isso toda camada custa o mesmo. Concatenar com crescimento 8 começa mais barato.
#
# **Preveja.** A partir de quantas camadas o bloco denso tem mais pesos que o residual (`from_layers`)? Experimente a sua função.

# %% predict="crossing"
### BEGIN SOLUTION
# was: crossing_prediction = {"from_layers": ...}
crossing_prediction = {"from_layers": 6}
### END SOLUTION

# %% tags=["nbval-check-output"]
expect(crossing_prediction, {"from_layers": int})

depths = range(2, 41)
added_weights = [9 * 16 * 16 * layers for layers in depths]
dense_weights = [dense_cost(16, 8, layers)[1] for layers in depths]
more = [
    layers
    for layers, dense, added in zip(depths, dense_weights, added_weights, strict=True)
    if dense > added
]
compare_prediction(crossing_prediction, {"from_layers": more[0]})

# %% [markdown] lang="en"
# The figure shows the number of weights of both blocks, from 2 layers to 40:

# %% [markdown] lang="pt"
# A figura mostra o número de pesos dos dois blocos, de 2 a 40 camadas:

# %%
plots.lines(
    "08_identity_mappings.figures.dense",
    depths,
    {
        "dense": [each / 1000 for each in dense_weights],
        "added": [each / 1000 for each in added_weights],
    },
    colors={"dense": "pink", "added": "residual"},
    figures={
        "channels": dense_cost(16, 8, 40)[0],
        "times": dense_weights[-1] / added_weights[-1],
    },
)

# %% [markdown] lang="en"
# **Explanation.** A sum stays as wide as it was, however many terms it has. Concatenated channels pile up: each layer has to read all of them, so the number of weights grows with the *square* of the depth. Each layer also normalises all of them anew, so what training keeps in memory grows with the square as well. That is why DenseNets have a small growth, short blocks, and 1 × 1 convolutions that reduce the number of channels.
#
# ### Two nets of nearly equal cost
#
# Now both kinds are trained, with four layers each. The growth is chosen so that the number of weights comes nearest to that of the net that adds. The next cell prints what each net costs:

# %% [markdown] lang="pt"
# **Explicação.** Uma soma mantém a largura, por mais termos que tenha. Os canais concatenados se acumulam: cada camada precisa ler todos, e por isso o número de pesos cresce com o *quadrado* da profundidade. Cada camada também normaliza todos de novo, e a memória do treino também cresce com o quadrado. É por isso que as DenseNets têm crescimento pequeno, blocos curtos e convoluções 1 × 1 que reduzem o número de canais.
#
# ### Duas redes de quase o mesmo custo
#
# Agora os dois tipos são treinados, com quatro camadas cada. O crescimento foi escolhido para que o número de pesos fique o mais perto possível do da rede que soma. A próxima célula imprime quanto cada rede custa:

# %% tags=["nbval-check-output"]
def misses_by(growth):
    """How far the weights of four dense layers are from those of four that add."""
    # pt: """Quanto os pesos de quatro camadas densas diferem dos de quatro que somam."""
    return abs(dense_cost(16, growth, 4)[1] - 4 * 9 * 16 * 16)


growth = min(range(1, 17), key=misses_by)
leaving, _ = dense_cost(16, growth, 4)


def added_net():
    rows = [blocks.PreActivationBlock(16, 16) for _ in range(2)]
    return net_around(nn.Sequential(*rows), 16, 16)


def dense_net(growth, leaving):
    return net_around(DenseBlock(16, growth, 4), 16, leaving)


joined = {"added": added_net, "concatenated": partial(dense_net, growth, leaving)}
for name, make in joined.items():
    price = count_cost(make(), (1, 1, 28, 28))
    parameters, macs = number(price.parameters, ","), number(price.macs / 1e6, ".2f")
    print(f"{name:12} {parameters} parameters, {macs} million MACs")
    # pt: print(f"{name:12} {parameters} parâmetros, MACs em milhões: {macs}")
print(f"growth {growth}, channels that leave: {leaving}")
# pt: print(f"crescimento {growth}, canais que saem: {leaving}")

# %% [markdown] lang="en"
# **Predict.** Each net is trained three times, for four epochs, with 800 digits and a learning rate of 0.01 (Adam). Which net has the lower mean error on unseen digits (`lower`), `"added"` or `"concatenated"`? And is the gap between the two means larger than the larger of the two spreads from seed to seed (`clear`: `True` or `False`)?

# %% [markdown] lang="pt"
# **Preveja.** Cada rede é treinada três vezes, por quatro épocas, com 800 dígitos e taxa de aprendizado 0,01 (Adam). Qual tem o menor erro médio em dígitos nunca vistos (`lower`): a que soma (`"added"`) ou a que concatena (`"concatenated"`)? E a diferença entre as duas médias é maior que a maior das duas variações de semente para semente (`clear`: `True` ou `False`)?

# %% predict="joined"
### BEGIN SOLUTION
# was: joined_prediction = {"lower": ..., "clear": ...}
joined_prediction = {"lower": "added", "clear": True}
### END SOLUTION

# %%
expect(joined_prediction, {"lower": ["added", "concatenated"], "clear": bool})

adam = partial(Adam, lr=0.01)
joined_runs = train_nets(joined, [0, 1, 2], images=800, epochs=4, make_optimizer=adam)
joined_errors = {
    name: [run.validation_error for run in each] for name, each in joined_runs.items()
}
spread = max(max(each) - min(each) for each in joined_errors.values())
gap = mean(joined_errors["added"]) - mean(joined_errors["concatenated"])
compare_prediction(
    joined_prediction,
    {"lower": "concatenated" if gap > 0 else "added", "clear": abs(gap) > spread},
)

# %% [markdown] lang="en"
# The figure shows their errors on unseen digits, with three training runs of each net:

# %% [markdown] lang="pt"
# A figura mostra os erros em dígitos nunca vistos, com três treinos de cada rede:

# %%
plots.bars(
    "08_identity_mappings.figures.joined",
    joined_errors,
    colors={"added": "residual", "concatenated": "pink"},
    percent=True,
)

# %% claims=true
assert mean(joined_errors["added"]) < mean(joined_errors["concatenated"]), {
    "en": "adding is ahead",
    "pt": "somar está à frente",
}

# %% [markdown] lang="en"
# **Explanation.** At this cost, at this learning rate and in these few epochs, adding is ahead. That is no verdict on DenseNet. First, with a third of this learning rate the gap is smaller than the spread from seed to seed (the course's tests measure this). Second, four layers and four epochs are too few to judge. Third, our block lacks the 1 × 1 convolutions of the real one. The result shows only that concatenating is not better in every setting.

# %% [markdown] lang="pt"
# **Explicação.** Com este custo, esta taxa de aprendizado e tão poucas épocas, somar está à frente. Isso não condena a DenseNet. Primeiro, com um terço desta taxa, a diferença é menor que a variação de semente para semente (os testes do curso medem isso). Segundo, quatro camadas e quatro épocas não bastam para julgar. Terceiro, ao nosso bloco faltam as convoluções 1 × 1 do verdadeiro. O resultado só mostra que concatenar não é melhor em toda situação.

# %% [markdown] lang="en"
# On CIFAR-10, the DenseNet paper compares two nets (Huang et al. 2017, table 2). A DenseNet-BC of 100 layers and 0.8 million parameters has an error of 4.51%; “BC” stands for bottlenecks, and for compression between the blocks. The pre-activation ResNet of 1,001 layers and 10.2 million parameters has one of 4.62% (with batches of 64; the 4.92% above was measured with batches of 128). So the DenseNet needs few parameters; but the channels of every layer stay in memory until the end of the block.

# %% [markdown] lang="pt"
# No CIFAR-10, o artigo da DenseNet compara duas redes (Huang et al. 2017, tabela 2). Uma DenseNet-BC de 100 camadas e 0,8 milhão de parâmetros erra 4,51%; “BC” quer dizer gargalos (*bottlenecks*) e compressão entre os blocos. A ResNet com pré-ativação, de 1.001 camadas e 10,2 milhões de parâmetros, erra 4,62% (com lotes de 64; os 4,92% acima foram medidos com lotes de 128). A DenseNet precisa, portanto, de poucos parâmetros; mas os canais de cada camada ficam na memória até o fim do bloco.

# %% [markdown] lang="en"
# ## What you take with you
#
# - The ReLU after the sum is a mask on signal and gradient; in new nets it also makes the mean grow.
# - v2 has BN and ReLU before each convolution; there v1's weights mean something else.
# - Must the road stay clear? To begin well, no: v1 with BatchNorm and ReLU at its end keeps up with v2. Fully trained, with 1,001 layers, the paper's v2 makes far fewer errors than v1. The masks' cost remains open.
# - n blocks raise a factor on the road to the n-th power.
# - Around one linear layer a shortcut adds no new function, but helps training.
# - The cost of concatenating grows with the square of the depth.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - A ReLU depois da soma é uma máscara sobre sinal e gradiente; em redes novas, faz a média crescer.
# - Na v2, BN e ReLU vêm antes de cada convolução; os pesos da v1 significam outra coisa.
# - A estrada precisa ficar livre? Para começar bem, não: a v1 com BatchNorm e ReLU no fim acompanha a v2. No artigo, com 1.001 camadas, a v2 treinada erra bem menos que a v1. O custo das máscaras fica em aberto.
# - n blocos elevam um fator na estrada à n-ésima potência.
# - Em volta de uma camada linear, um atalho não traz função nova, mas ajuda o treino.
# - O custo de concatenar cresce com o quadrado da profundidade.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): figure 4 shows five orders of the layers, table 1 what was tried on the shortcut.
# - Srivastava, Greff, Schmidhuber (2015), [Training Very Deep Networks](https://arxiv.org/abs/1507.06228): Highway Networks, which had gates on the road before ResNet.
# - Huang, Liu, van der Maaten, Weinberger (2017), [Densely Connected Convolutional Networks](https://arxiv.org/abs/1608.06993): concatenating instead of adding.
# - Xiong et al. (2020), [On Layer Normalization in the Transformer Architecture](https://arxiv.org/abs/2002.04745): before each layer or after the sum? The same question for Transformers.
#
# This was the last lesson. The review on the start page keeps asking about all of them, at growing intervals.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): a figura 4 mostra cinco ordens das camadas; a tabela 1, o que se experimentou no atalho.
# - Srivastava, Greff, Schmidhuber (2015), [Training Very Deep Networks](https://arxiv.org/abs/1507.06228): as Highway Networks, que já tinham portas na estrada antes da ResNet.
# - Huang, Liu, van der Maaten, Weinberger (2017), [Densely Connected Convolutional Networks](https://arxiv.org/abs/1608.06993): concatenar em vez de somar.
# - Xiong et al. (2020), [On Layer Normalization in the Transformer Architecture](https://arxiv.org/abs/2002.04745): antes de cada camada ou depois da soma? A mesma pergunta para os Transformers.
#
# Esta foi a última lição. A revisão, na página inicial, continua perguntando sobre todas elas, em intervalos cada vez maiores.

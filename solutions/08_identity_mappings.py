# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 08 · Identity mappings: the road must stay clear
#
# In lesson 02 the shortcut was a clear road. In the block of lesson 03 a ReLU stands on it. Soon after ResNet its authors asked what that costs, and moved the ReLU.
#
# **You will be able to**
# - measure in a trained net what the ReLU after the sum does to signal and gradient;
# - build the block of ResNet v2, and say why v1's weights do not fit it, though the names do;
# - say why no factor and no gate belongs on the road either;
# - show why a block skips two layers and not one, and what concatenating costs instead of adding.
#
# Plan for about 90 minutes; a laptop is enough.

# %% [markdown] lang="pt"
# # 08 · Mapeamentos de identidade: a estrada precisa ficar livre
#
# Na lição 02, o atalho era uma estrada livre. No bloco da lição 03, há uma ReLU nela. Os autores logo a mudaram de lugar.
#
# **Ao final, você saberá**
# - medir em uma rede treinada o que a ReLU depois da soma faz com o sinal e o gradiente;
# - construir o bloco da ResNet v2 e dizer por que os pesos da v1 não servem nele, embora os nomes sirvam;
# - dizer por que um fator ou uma porta também atrapalham na estrada;
# - mostrar por que um bloco salta duas camadas, não uma, e quanto custa concatenar em vez de somar.
#
# Reserve cerca de 90 minutos; um laptop comum basta.

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
# Below is the block that you built in lesson 03, and below it the one that you will build today. Both have the same layers, each with the same name. Follow the blue road in each of them, from x to the end: what does a number meet on its way?

# %% [markdown] lang="pt"
# ## Primeiro, a figura: v1 e v2
#
# Abaixo está o bloco que você construiu na lição 03 e, embaixo dele, o que vai construir hoje. Os dois têm as mesmas camadas, com os mesmos nomes. Siga a estrada azul em cada um, de x até o fim: o que um número encontra no caminho?

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
# Lesson 02 had $y = F(x) + x$, with slope $F'(x) + 1$. The real block has one thing more:
#
# $$y = \mathrm{ReLU}\big(F(x) + x\big), \qquad \frac{\partial y}{\partial x} = m \cdot \big(F'(x) + 1\big), \qquad m = \begin{cases} 1 & F(x) + x > 0 \\ 0 & F(x) + x \le 0 \end{cases}$$
#
# **Predict.** Let $F(x) = -\tfrac{1}{2}x - 1$. What is the slope of $y$ at $x = 4$, at $x = 1$, and at $x = -3$?

# %% [markdown] lang="pt" asked="last-relu"
# ## Uma ReLU na estrada
#
# A lição 02 tinha $y = F(x) + x$, com inclinação $F'(x) + 1$. O bloco de verdade tem uma coisa a mais:
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
# **Explanation.** Where the sum is not positive, the slope is 0: not only that of $F$, but also the shortcut's 1. And x itself is lost: every x up to 2 gives the same 0. The ReLU is a **mask** of 0 and 1 on both directions of the road.
#
# One barrier is no disaster. But the road leads through *all* the blocks.

# %% [markdown] lang="pt"
# **Explicação.** Onde a soma não é positiva, a inclinação é 0: não só a de $F$, mas também o 1 do atalho. E o próprio x se perde: todo x até 2 dá o mesmo 0. A ReLU é uma **máscara** de 0 e 1 nos dois sentidos da estrada.
#
# Uma barreira não é um desastre. Mas a estrada passa por *todos* os blocos.

# %% [markdown] lang="en" banner="relu-on-the-road"
# ## Exercise 1 · `road_gradient`
#
# *Why it matters:* this is the 1 of lesson 02 in a real net, number by number.
#
# Leave $F$ aside and look at the shortcuts alone. What comes back to the input of the first block is the gradient at the last output, multiplied by the slope of every ReLU on the way.
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
# *Por que isso importa:* este é o 1 da lição 02 em uma rede de verdade, número por número.
#
# Deixe $F$ de lado e olhe só os atalhos. O que volta à entrada do primeiro bloco é o gradiente na última saída, multiplicado pela inclinação de cada ReLU do caminho.
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
# A comparison of a tensor is a tensor: `each > 0` is `True` where a number is positive. In a product `True` counts as 1 and `False` as 0.
# </details>
# <details><summary>Hint: “How do I combine several masks?”</summary>
#
# One after the other: multiply the gradient by the first mask, the result by the second, and so on. A number passes only if no mask is 0 there.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como obtenho 0 e 1?”</summary>
#
# A comparação de um tensor é um tensor: `each > 0` é `True` onde um número é positivo. Em um produto, `True` conta como 1 e `False`, como 0.
# </details>
# <details><summary>Dica: “Como combino várias máscaras?”</summary>
#
# Uma depois da outra: multiplique o gradiente pela primeira máscara, o resultado pela segunda, e assim por diante. Um número só passa se nenhuma máscara é 0 ali.
# </details>

# %% [markdown] lang="en"
# ### In a trained net
#
# “Does the last ReLU block the road?” is one of the questions that learners ask most. Let us count. A residual net of 20 layers learns 1,500 digits; then 200 digits that it has never seen go through it.
#
# **Predict.** Which share of a block's outputs is 0, on average over its nine blocks (`zeros`)? And which share of the numbers can pass all three blocks of a stage, on average over the stages (`open`)? Write numbers from 0 to 1; a tenth more or less counts as right.

# %% [markdown] lang="pt"
# ### Em uma rede treinada
#
# “A última ReLU bloqueia a estrada?” é uma das perguntas que mais se fazem. Vamos contar. Uma rede residual de 20 camadas aprende 1.500 dígitos; depois passam por ela 200 dígitos que ela nunca viu.
#
# **Preveja.** Que fração das saídas de um bloco é 0, em média nos nove blocos (`zeros`)? E que fração dos números passa pelos três blocos de um estágio, em média nos estágios (`open`)? Escreva números de 0 a 1; um décimo a mais ou a menos conta como certo.

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
# Block by block:

# %% [markdown] lang="pt"
# Bloco por bloco:

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
    "en": "about a third of the road is closed",
    "pt": "cerca de um terço da estrada está fechado",
}

# %% [markdown] lang="en"
# **Explanation.** Yes, it does block: about a third of the road is closed in each block. But do three blocks close as much as three times a third at random? The cell prints for each stage first what would pass then, and second what does pass. The last line is the mean share of zeros in a *new* net: has training opened the road?

# %% [markdown] lang="pt"
# **Explicação.** Sim, ela bloqueia: em cada bloco, cerca de um terço da estrada está fechado. Mas três blocos fecham tanto quanto três vezes um terço ao acaso? A célula imprime, para cada estágio, primeiro o que passaria então e depois o que passa. A última linha é a fração média de zeros em uma rede *nova*: o treino abriu a estrada?

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
), {"en": "More passes than by chance", "pt": "Passa mais do que por acaso"}
assert abs(mean(closed) - mean(zeros.values())) < 0.08, {
    "en": "training hardly changes the share",
    "pt": "o treino quase não muda essa fração",
}

# %% [markdown] lang="en"
# More passes than by chance: much the same places are closed in all the blocks. After the ReLU before it, x is never negative; so a sum is not positive only where $F$ takes away all of x, or where x was 0 already and $F$ adds nothing.
#
# He et al. (2016, section 4.2) watched a net of 164 layers learn to keep its sums above zero; with a thousand layers, they write, the ReLU cuts more often. In our small net training hardly changes the share: see the two numbers of the last line (first new, then trained).

# %% [markdown] lang="pt"
# Passa mais do que por acaso: em boa parte, os lugares fechados são os mesmos em todos os blocos. Depois da ReLU anterior, x nunca é negativo; uma soma, portanto, só deixa de ser positiva onde $F$ tira tudo de x, ou onde x já era 0 e $F$ não acrescenta nada.
#
# He et al. (2016, seção 4.2) viram uma rede de 164 camadas aprender a manter suas somas acima de zero; com mil camadas, escrevem eles, a ReLU corta mais vezes. Na nossa rede pequena, o treino quase não muda essa fração: veja os dois números da última linha (primeiro a nova, depois a treinada).

# %% [markdown] lang="en"
# ## What happens to the mean of the signal
#
# The mask is one thing that the ReLU does. Here is another. At the start of training $F$ ends with a BatchNorm: its mean over the batch is 0 in every channel. So it adds as much as it takes away. Then comes the ReLU.
#
# **Predict.** Fifty new blocks stand in a row. Does the mean of the signal end at more than twice what it was (`"grows"`), or about where it was (`"kept"`)?
#
# | key | block |
# |---|---|
# | `v1` | $\mathrm{ReLU}(F(x) + x)$ |
# | `relu_before_sum` | $\mathrm{ReLU}(F(x)) + x$ |
# | `no_relu` | $F(x) + x$ |

# %% [markdown] lang="pt"
# ## O que acontece com a média do sinal
#
# A máscara é uma coisa que a ReLU faz. Eis outra. No começo do treino, $F$ termina com uma BatchNorm, cuja saída tem média 0 no lote, em cada canal: acrescenta-se tanto quanto se tira. Depois vem a ReLU.
#
# **Preveja.** Cinquenta blocos novos estão em sequência. A média do sinal termina em mais que o dobro do que era (cresce: `"grows"`), ou mais ou menos onde estava (é mantida: `"kept"`)?
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
compare_prediction(signal_prediction, fates)

# %% [markdown] lang="en"
# The mean after each of the fifty blocks:

# %% [markdown] lang="pt"
# A média depois de cada um dos cinquenta blocos:

# %%
plots.lines(
    "08_identity_mappings.figures.signal",
    range(51),
    signal_means,
    colors={"v1": "residual", "relu_before_sum": "light", "no_relu": "accent"},
    figures={name: each[-1] for name, each in signal_means.items()},
)

# %% [markdown] lang="en"
# **Explanation.** $F$ adds nothing to the mean. But $\mathrm{ReLU}(z) \ge z$, always: what a ReLU changes, it makes larger. So with a ReLU on the road, or just before the sum, the mean can only climb. Without one it stays, up to rounding.
#
# Why not simply leave the last ReLU out, then? Follow the green line into the next block: its first convolution would get the bare sum, without BatchNorm and ReLU. And `conv2` of one block and `conv1` of the next would follow each other without a ReLU between them, as one linear layer. (He et al. 2016, table 2, tried the ReLU *before* the sum in ResNet-110: 7.84% errors on CIFAR-10 instead of 6.61%.)

# %% [markdown] lang="pt"
# **Explicação.** $F$ não acrescenta nada à média. Mas $\mathrm{ReLU}(z) \ge z$, sempre: o que uma ReLU muda, ela aumenta. Com uma ReLU na estrada, ou logo antes da soma, a média só pode subir. Sem ela, fica onde está, a menos do arredondamento.
#
# Por que, então, não tirar simplesmente a última ReLU? Siga a linha verde até o bloco seguinte: a primeira convolução dele receberia a soma como ela é, sem normalização e sem ativação. E a `conv2` de um bloco e a `conv1` do seguinte viriam uma depois da outra sem ReLU entre elas, como uma só camada linear. (He et al. 2016, tabela 2, puseram a ReLU *antes* da soma na ResNet-110: 7,84% de erros no CIFAR-10 em vez de 6,61%.)

# %% [markdown] lang="en" banner="pre-activation"
# ## Exercise 2 · `PreActivationBlock`
#
# *Why it matters:* this order trains a thousand layers, and Wide ResNet and DenseNet have it too. Most Transformers, too, normalise before each layer instead of after the sum.
#
# The solution: BN and ReLU move *before* each convolution, onto the side road ([**pre-activation**](glossary:pre-activation)). The main road has nothing on it but sums.
#
# $$y = W_2 * \mathrm{ReLU}\Big(\mathrm{BN}_2\big(W_1 * \mathrm{ReLU}(\mathrm{BN}_1(x))\big)\Big) + s(x)$$
#
# Here is the block of lesson 03. Change its order, and the one size in `__init__` that no longer fits. The shortcut $s(x)$ is x itself; a `downsample`, if one is given, gets what the *first ReLU* gives, as in the authors' code.

# %% [markdown] lang="pt" banner="pre-activation"
# ## Exercício 2 · `PreActivationBlock`
#
# *Por que isso importa:* esta ordem treina mil camadas, e a Wide ResNet e a DenseNet também a têm. A maioria dos Transformers também normaliza antes de cada camada, e não depois da soma.
#
# A solução: BN e ReLU passam para *antes* de cada convolução, na estrada lateral ([**pré-ativação**](glossary:pre-activation)). Na estrada principal não há nada além de somas.
#
# $$y = W_2 * \mathrm{ReLU}\Big(\mathrm{BN}_2\big(W_1 * \mathrm{ReLU}(\mathrm{BN}_1(x))\big)\Big) + s(x)$$
#
# Este é o bloco da lição 03. Mude a ordem e o único tamanho do `__init__` que já não serve. O atalho $s(x)$ é o próprio x; um `downsample`, se houver, recebe o que a *primeira ReLU* dá, como no código dos autores.

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
# `bn1` now comes first. How many channels does it meet: `inplanes` or `planes`?
# </details>
# <details><summary>Hint: “Where do I make the shortcut?”</summary>
#
# After the first ReLU and before `conv1`: there you have both x and what a `downsample` should get.
# </details>
# <details><summary>Hint: “May the ReLU work in place?”</summary>
#
# Yes, as long as it only gets what a BatchNorm has just made. If it gets `x`, it changes the road.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Que tamanho já não serve?”</summary>
#
# Agora `bn1` vem primeiro. Quantos canais ela encontra: `inplanes` ou `planes`?
# </details>
# <details><summary>Dica: “Onde crio o atalho?”</summary>
#
# Depois da primeira ReLU e antes de `conv1`: ali você tem tanto x quanto o que um `downsample` deve receber.
# </details>
# <details><summary>Dica: “A ReLU pode trabalhar in-place?”</summary>
#
# Pode, desde que só receba o que uma BatchNorm acabou de criar. Se recebe `x`, ela muda a estrada.
# </details>

# %% [markdown] lang="en" asked="v1-or-v2"
# ### Nothing more, only another order
#
# Your block, drawn from what runs in it. And two nets of 20 layers, one of each kind: do they have the same parameters, name by name?

# %% [markdown] lang="pt" asked="v1-or-v2"
# ### Nada a mais, só outra ordem
#
# O seu bloco, desenhado a partir do que é executado nele. E duas redes de 20 camadas, uma de cada tipo: elas têm os mesmos parâmetros, nome por nome?

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
# Every name of v1 is a name of v2, and there are as many parameters. Only three BatchNorms have another size. So can you load published v1 weights into a v2 net?
#
# **Predict.** `loads`: does `load_state_dict` of a v2 *block* accept the weights of a v1 block without an error? `worse`: a v2 *net* gets all the weights that fit from the net that you have just trained. Does it name at least 5 in 100 digits fewer than a control does, v1 with the same BatchNorms left new?

# %% [markdown] lang="pt"
# Todo nome da v1 é um nome da v2, e há o mesmo número de parâmetros. Só três BatchNorms têm outro tamanho. Então dá para carregar pesos publicados da v1 em uma rede v2?
#
# **Preveja.** `loads`: o `load_state_dict` de um *bloco* v2 aceita sem erro os pesos de um bloco v1? `worse`: uma *rede* v2 recebe da rede que você acabou de treinar todos os pesos que servem. Ela acerta, em cada 100 dígitos, pelo menos 5 a menos que um controle, a v1 com as mesmas BatchNorms novas?

# %% predict="weights"
### BEGIN SOLUTION
# was: weights_prediction = {"loads": ..., "worse": ...}
weights_prediction = {"loads": True, "worse": True}
### END SOLUTION

# %% [markdown] lang="en"
# The three BatchNorms that do not fit stay as new. To be fair, they are renewed in a copy of the v1 net as well (`control`): what that costs is not the order's fault. Each net answers twice: first with the statistics that its BatchNorms have stored (eval mode), then with those of the images themselves. Your guess is about the second number.

# %% [markdown] lang="pt"
# As três BatchNorms que não servem ficam como novas. Para ser justo, elas são renovadas também em uma cópia da rede v1 (`control`): o que isso custa não é culpa da ordem. Cada rede responde duas vezes: primeiro com as estatísticas que as BatchNorms guardaram (modo de avaliação), depois com as das próprias imagens. O seu palpite é sobre o segundo número.

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
    "en": "v2 still names most digits, only fewer",
    "pt": "a v2 ainda acerta a maioria dos dígitos, só que menos",
}
assert stored["v2"] < 0.35, {"en": "v2 only guesses", "pt": "a v2 só chuta"}
assert stored["v1"] - stored["control"] > (stored["v1"] - stored["v2"]) / 2, {
    "en": "alone cost most of that",
    "pt": "já custam a maior parte disso",
}

# %% [markdown] lang="en"
# **Explanation.** `load_state_dict` asks for names and shapes; *what a weight means* depends on where it stands. No error, then, and worse answers: with the batch's statistics v2 still names most digits, only fewer.
#
# In eval mode, in which you would use it, v2 only guesses. But look at the control there: the three new BatchNorms alone cost most of that, so eval mode says little about the order. The tool of lesson 03 sees the difference at once: the very first layer that runs is not the same.

# %% [markdown] lang="pt"
# **Explicação.** `load_state_dict` pergunta por nomes e formas; *o que um peso significa* depende de onde ele está. Nenhum erro, portanto, e respostas piores: com as estatísticas do lote, a v2 ainda acerta a maioria dos dígitos, só que menos.
#
# Em modo de avaliação, em que você a usaria, a v2 só chuta. Mas olhe o controle: só as três BatchNorms novas já custam a maior parte disso, e por isso esse modo diz pouco sobre a ordem. A ferramenta da lição 03 vê a diferença na hora: já a primeira camada executada não é a mesma.

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
first_divergence(PreActivationBlock(4, 4), blocks.BasicBlock(4, 4), torch.randn(1, 4, 6, 6))

# %% [markdown] lang="en"
# torchvision has only v1. Weights of other sources that say “v2” or “preact” need a v2 net. (Beware: in torchvision `IMAGENET1K_V2` is another recipe of training, not another block; and the “v1.5” of lesson 04 is about the stride.)

# %% [markdown] lang="pt"
# O torchvision só tem a v1. Pesos de outras fontes que dizem “v2” ou “preact” precisam de uma rede v2. (Cuidado: no torchvision, `IMAGENET1K_V2` é outra receita de treino, não outro bloco; e a “v1.5” da lição 04 trata do passo.)

# %% [markdown] lang="en"
# ## The net that ends with BN and ReLU
#
# In v1 every block ends with a ReLU. A v2 block ends with a bare sum, whose numbers get larger with every block. So a v2 net has one BatchNorm and one ReLU more at its end, before the pooling. (In exchange it has none at its beginning.)
#
# **Predict.** New nets of 110 layers guess digits for the first time, three of each kind. A blind guess costs a loss of ln 10 ≈ 2.30. Which kind is nearest to that in the mean (`nearest`): `"v1"`, `"v2"` or `"v2-bare"` (v2 without that end)?

# %% [markdown] lang="pt"
# ## A rede que termina com BN e ReLU
#
# Na v1, todo bloco termina com uma ReLU. Um bloco v2 termina com a soma e nada mais, e os números dela ficam maiores a cada bloco. Por isso, uma rede v2 tem uma BatchNorm e uma ReLU a mais no fim, antes do *pooling*. (Em troca, não tem nenhuma no começo.)
#
# **Preveja.** Redes novas de 110 camadas adivinham dígitos pela primeira vez, três de cada tipo. Um chute às cegas custa uma perda de ln 10 ≈ 2,30. Que tipo fica, em média, mais perto disso (`nearest`): `"v1"`, `"v2"` ou `"v2-bare"` (v2 sem esse fim)?

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
    "en": "give logits that are too large",
    "pt": "dão logits grandes demais",
}

# %% [markdown] lang="en"
# **Explanation.** The signal that only grew (v1), and the sum that grew (v2 without its end), give logits that are too large, v1's by far, v2's somewhat (and not in every net): the net is sure before it has learnt anything. BatchNorm at the end brings the sum back to size. Keep that in mind for the next experiment, where a v2 net begins well: is it the clear road, or is it only the end? A control will tell.

# %% [markdown] lang="pt"
# **Explicação.** O sinal que só cresceu (v1) e a soma que cresceu (v2 sem o fim) dão logits grandes demais (na v1, muito; na v2, um pouco, e nem em toda rede): a rede tem certeza antes de ter aprendido qualquer coisa. A BatchNorm no fim traz a soma de volta ao tamanho. Guarde isso para o próximo experimento, em que uma rede v2 começa bem: é a estrada livre ou é só o fim? Um controle vai dizer.

# %% [markdown] lang="en"
# ## From 110 to 1,000 layers
#
# What the paper found (He et al. 2016, table 3; errors on CIFAR-10 in %, after full training):
#
# | layers | v1 | v2 |
# |---|---|---|
# | 110 | 6.61 | 6.37 |
# | 164 | 5.93 | 5.46 |
# | 1,001 | 7.61 | 4.92 |
#
# (164 and 1,001 layers: bottlenecks.) At a thousand layers the order decides: the training error of v1 falls “very slowly at the beginning”, the loss of v2 “very quickly”.

# %% [markdown] lang="pt"
# ## De 110 a 1.000 camadas
#
# O que o artigo achou (He et al. 2016, tabela 3; erros no CIFAR-10 em %, depois do treino completo):
#
# | camadas | v1 | v2 |
# |---|---|---|
# | 110 | 6,61 | 6,37 |
# | 164 | 5,93 | 5,46 |
# | 1.001 | 7,61 | 4,92 |
#
# (164 e 1.001 camadas: blocos gargalo.) Em mil camadas, a ordem decide: no começo, o erro de treino da v1 cai muito devagar; a perda da v2, muito depressa.

# %% [markdown] lang="en"
# At 110 and 164 layers the gain is small, and the paper has a control for its cause: with *only* the ReLU before each convolution the road is just as clear, but the sum is not normalised. Result: 6.71 and 5.91, no better than v1. So what helped there was not the clear road, but BatchNorm in front of each convolution; the authors think that it regularises.

# %% [markdown] lang="pt"
# Em 110 e 164 camadas, o ganho é pequeno, e o artigo tem um controle para a causa dele: *só* com a ReLU antes de cada convolução, a estrada fica igualmente livre, mas a soma não é normalizada. Resultado: 6,71 e 5,91, nada melhor que a v1. O que ajudou ali, portanto, não foi a estrada livre, e sim a BatchNorm antes de cada convolução; os autores acham que ela regulariza.

# %% [markdown] lang="en"
# We cannot train a thousand layers to the end here; the paper took 27 hours on two GPUs. But we can watch the *beginning*: a few steps, always with the same 16 digits. A third net is the **control**: v1 with the BatchNorm and ReLU of v2 at its end. Whatever it does better than v1 is not due to a clear road, for its road is v1's.
#
# **Predict**, for 1,004 layers. Which net has the lower loss at the last step, `"v1"` or `"v2"` (`lower`)? And to which of the two is the control nearer (`control`)?

# %% [markdown] lang="pt"
# Não dá para treinar mil camadas até o fim aqui; o artigo levou 27 horas em duas GPUs. Mas dá para ver o *começo*: alguns passos, sempre com os mesmos 16 dígitos. Uma terceira rede é o **controle**: a v1 com a BatchNorm e a ReLU da v2 no fim. O que ela faz melhor que a v1 não se deve a uma estrada livre, pois a estrada dela é a da v1.
#
# **Preveja**, para 1.004 camadas. Que rede tem a menor perda no último passo, `"v1"` ou `"v2"` (`lower`)? E de qual das duas o controle fica mais perto (`control`)?

# %% predict="depth"
### BEGIN SOLUTION
# was: depth_prediction = {"lower": ..., "control": ...}
depth_prediction = {"lower": "v2", "control": "v2"}
### END SOLUTION

# %% [markdown] lang="en"
# First six steps of 110 layers, then three of 1,004: some ten seconds. What is printed is the loss before each step, with 110 layers.

# %% [markdown] lang="pt"
# Primeiro seis passos de 110 camadas, depois três de 1.004: uns dez segundos. O que se imprime é a perda antes de cada passo, com 110 camadas.

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
    "en": "v1 begins with a huge loss and jumps about",
    "pt": "a v1 começa com uma perda enorme e dá saltos",
}
assert deepest["v2"] == sorted(deepest["v2"], reverse=True), {
    "en": "v2 goes down step by step",
    "pt": "a v2 desce passo a passo",
}
assert shallower["v1"][-1] < shallower["v2"][-1] + 0.3, {
    "en": "by the sixth step it has caught up",
    "pt": "no sexto passo já alcançou a v2",
}
assert from_control["v2"] < from_control["v1"] / 5, {
    "en": "the control does as well as v2",
    "pt": "o controle vai tão bem quanto a v2",
}

# %% [markdown] lang="en"
# **Explanation.** At 1,004 layers v1 begins with a huge loss and jumps about; v2 goes down step by step. At 110 layers v1 jumps as well, but by the sixth step it has caught up: there six steps say nothing for v2. Is the deep net, then, a victory of the clear road?

# %% [markdown] lang="pt"
# **Explicação.** Com 1.004 camadas, a v1 começa com uma perda enorme e dá saltos; a v2 desce passo a passo. Com 110 camadas, a v1 também salta, mas no sexto passo já alcançou a v2: ali, seis passos não dizem nada a favor da v2. A rede funda é, então, uma vitória da estrada livre?

# %% [markdown] lang="en"
# No: the control does as well as v2, on the road of v1. What went wrong in these steps is the *size* of a signal that has only grown, and one BatchNorm at the end repairs that. The mask is still there, and three steps do not show what it costs.
#
# So this experiment shows that v2 begins well, and one reason why. That a clear road ends with fewer errors, it cannot show: for that the paper trained each net five times, to the end.

# %% [markdown] lang="pt"
# Não: o controle vai tão bem quanto a v2, na estrada da v1. O que deu errado nesses passos foi o *tamanho* de um sinal que só cresceu, e uma BatchNorm no fim conserta isso. A máscara continua lá, e três passos não mostram quanto ela custa.
#
# Este experimento mostra, portanto, que a v2 começa bem, e uma razão disso. Que uma estrada livre termina com menos erros, ele não pode mostrar: para isso, o artigo treinou cada rede cinco vezes, até o fim.

# %% [markdown] lang="en"
# ## Nothing else on the road either: factors and gates
#
# If a ReLU on the road does harm, what about a factor? Say, 0.9 · x in place of x, so that the signal does not grow.
#
# **Predict.** How much of x is left after 50 such blocks, as a number from 0 to 1? (Within 0.05 counts as right.)

# %% [markdown] lang="pt"
# ## Nada mais na estrada: fatores e portas
#
# Se uma ReLU na estrada faz mal, o que dizer de um fator? Digamos, 0,9 · x em vez de x, para que o sinal não cresça.
#
# **Preveja.** Quanto sobra de x depois de 50 desses blocos, como número de 0 a 1? (Uma diferença de até 0,05 conta como certo.)

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
# **Explanation.** 0.9⁵⁰ ≈ 0.005. It is the vanishing product of lesson 01 again, this time on the shortcut; and 1.1⁵⁰ would be 117. A factor has to be very nearly 1, if it is to be multiplied fifty times. A [gate](glossary:gate) that the net learns, or a 1 × 1 convolution, is a factor, too. (Highway Networks had gates before ResNet, with the rest of the gate on F(x).) He et al. (2016, table 1) put all of them into ResNet-110:
#
# | on every shortcut | error on CIFAR-10 |
# |---|---|
# | nothing: x itself | 6.61% |
# | 0.5 · x | more than 20% (“fail”) |
# | 0.5 · x, and 0.5 · F(x) | 12.35% |
# | gate, half open at first | 12.86% |
# | gate, nearly open at first | 6.91% |
# | the same, and the rest of the gate on F(x) | 8.70% |
# | 1 × 1 convolution | 12.22% |

# %% [markdown] lang="pt"
# **Explicação.** 0,9⁵⁰ ≈ 0,005. É de novo o produto que some, da lição 01, desta vez no atalho; e 1,1⁵⁰ daria 117. Um fator precisa ser quase exatamente 1, se vai ser multiplicado cinquenta vezes. Uma [porta](glossary:gate) que a rede aprende, ou uma convolução 1 × 1, também é um fator. (As Highway Networks já tinham portas antes da ResNet, com o resto da porta em F(x).) He et al. (2016, tabela 1) puseram todos eles na ResNet-110:
#
# | em todo atalho | erro no CIFAR-10 |
# |---|---|
# | nada: o próprio x | 6,61% |
# | 0,5 · x | mais de 20% (“fail”) |
# | 0,5 · x, e 0,5 · F(x) | 12,35% |
# | porta, meio aberta no início | 12,86% |
# | porta, quase aberta no início | 6,91% |
# | a mesma, e o resto da porta em F(x) | 8,70% |
# | convolução 1 × 1 | 12,22% |

# %% [markdown] lang="en"
# How much does a road of 54 gates let through before any training, half open or nearly open?

# %% [markdown] lang="pt"
# Quanto uma estrada de 54 portas deixa passar antes de qualquer treino, meio abertas ou quase abertas?

# %%
torch.manual_seed(0)
for bias in (0, -6):
    gates = nn.Sequential(*(Gate(8, bias) for _ in range(54)))
    print(number(gates(torch.ones(1, 8, 1, 1)).mean().item(), ".2g"))

# %% [markdown] lang="en"
# So only the gate that begins as the identity comes near the 6.61%. The gates and the 1 × 1 convolution *could* come as near to the identity as you like, and represent more besides. Training does not get there. (Lesson 02: what a net can represent and what training finds are two things.)
#
# **Predict.** A residual net of 56 layers learns 700 digits, with x, with 0.9 · x and with 0.5 · x on its 25 shortcuts that keep the shape. Which of them ends with the highest error on its own training images (`worst`), and which with the lowest (`best`): `"1x"`, `"0.9x"` or `"0.5x"`?

# %% [markdown] lang="pt"
# Só a porta que começa como a identidade, portanto, chega perto dos 6,61%. As portas e a convolução 1 × 1 *poderiam* chegar tão perto da identidade quanto se queira, e representam mais ainda. O treino não chega lá. (Lição 02: o que uma rede pode representar e o que o treino acha são duas coisas.)
#
# **Preveja.** Uma rede residual de 56 camadas aprende 700 dígitos com x, com 0,9 · x e com 0,5 · x em seus 25 atalhos que mantêm a forma. Qual delas termina com o maior erro nas próprias imagens de treino (`worst`) e qual com o menor (`best`): `"1x"`, `"0.9x"` ou `"0.5x"`?

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
# The three training errors as bars:

# %% [markdown] lang="pt"
# Os três erros de treino em barras:

# %%
plots.bars(
    "08_identity_mappings.figures.road",
    road_errors,
    colors=dict.fromkeys(road_errors, "residual"),
    percent=True,
)

# %% claims=true
assert road_errors["1x"] < road_errors["0.9x"] < road_errors["0.5x"], {
    "en": "The smaller the factor, the less is learnt",
    "pt": "Quanto menor o fator, menos se aprende",
}

# %% [markdown] lang="en"
# **Explanation.** The smaller the factor, the less is learnt in the same time; and there are only 25 factors here, not 54. The gradient can also go through the side roads, but here they do not make up for it. Would the net with 0.9 · x catch up if it trained on? Three epochs do not say. (The course's tests repeat them with three seeds.)

# %% [markdown] lang="pt"
# **Explicação.** Quanto menor o fator, menos se aprende no mesmo tempo; e aqui há só 25 fatores, não 54. O gradiente também pode passar pelas estradas laterais, mas aqui elas não compensam isso. A rede com 0,9 · x alcançaria a outra se treinasse mais? Três épocas não dizem. (Os testes do curso as repetem com três sementes.)

# %% [markdown] lang="en" asked="why-two-layers"
# ## Why skip two layers and not one?
#
# A shortcut around every single layer would be an even shorter road. Why do blocks have two layers, or three? Take one convolution and its shortcut: $W * x + x$. Both are linear in x. So is their sum, and a linear function of this kind is … a convolution.

# %% [markdown] lang="pt" asked="why-two-layers"
# ## Por que saltar duas camadas e não uma?
#
# Um atalho em volta de cada camada seria uma estrada ainda mais curta. Por que os blocos têm duas camadas, ou três? Pegue uma convolução e o seu atalho: $W * x + x$. Os dois são lineares em x. A soma também é, e uma função linear desse tipo é… uma convolução.

# %% [markdown] lang="en" banner="how-many-to-skip"
# ## Exercise 3 · `fold_shortcut`
#
# *Why it matters:* what you can fold away cannot have added anything. (Nets that train with shortcuts and run without them do this: [RepVGG](https://arxiv.org/abs/2101.03697), Ding et al. 2021.)
#
# `fold_shortcut(weight)` gets the weights of a convolution without bias, `[C, C, k, k]` with an odd k, which keeps the image's size. Return the weights, of the same shape, of *one* convolution that gives conv(x) + x:
#
# ```python
# F.conv2d(x, fold_shortcut(weight), padding=k // 2) == F.conv2d(x, weight, padding=k // 2) + x
# ```
#
# Leave `weight` itself as it is.

# %% [markdown] lang="pt" banner="how-many-to-skip"
# ## Exercício 3 · `fold_shortcut`
#
# *Por que isso importa:* o que se pode embutir assim não pode ter acrescentado nada. (Redes que treinam com atalhos e rodam sem eles fazem isso: [RepVGG](https://arxiv.org/abs/2101.03697), Ding et al. 2021.)
#
# `fold_shortcut(weight)` recebe os pesos de uma convolução sem viés, `[C, C, k, k]` com k ímpar, que mantém o tamanho da imagem. Devolva os pesos, da mesma forma, de *uma* convolução que dê conv(x) + x:
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
# <details><summary>Hint: “Which weights give x back?”</summary>
#
# Output channel 2 must be input channel 2, at the same place. So filter 2 has a single 1: in its channel 2, in the middle of the window. All else is 0.
# </details>
# <details><summary>Hint: “And conv(x) + x?”</summary>
#
# Two convolutions with the same padding, added up, are one convolution with the sum of their weights.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Que pesos devolvem x?”</summary>
#
# O canal de saída 2 precisa ser o canal de entrada 2, no mesmo lugar. O filtro 2, portanto, tem um único 1: no seu canal 2, no meio da janela. O resto é 0.
# </details>
# <details><summary>Dica: “E conv(x) + x?”</summary>
#
# Duas convoluções com o mesmo preenchimento, somadas, são uma convolução com a soma dos pesos delas.
# </details>

# %% [markdown] lang="en"
# ### The proof, and its limit
#
# Your function on a real digit: is conv(x) + x one convolution, up to rounding? And with two layers and a ReLU between them? A linear function turns $-x$ into minus what it makes of $x$: the second and third lines ask each of them for that.

# %% [markdown] lang="pt"
# ### A prova e o limite dela
#
# A sua função em um dígito de verdade: conv(x) + x é uma só convolução, a menos do arredondamento? E com duas camadas e uma ReLU entre elas? Uma função linear faz de $-x$ o oposto do que faz de $x$: a segunda e a terceira linhas perguntam isso a cada uma.

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
# So a shortcut around one linear layer gives no function that the layer alone could not be. (A BatchNorm between them changes nothing: in eval mode it is linear as well, plus a constant.) Around two layers with a ReLU between them it does. Take single numbers: w₂ · ReLU(w₁ · x) is flat on one side of 0, whatever the weights; with + x it need not be flat on either.

# %% [markdown] lang="pt"
# Um atalho em volta de uma camada linear, portanto, não permite nenhuma função que a camada sozinha já não pudesse calcular. (Uma BatchNorm no meio não muda nada: em modo de avaliação, ela também é linear, mais uma constante.) Em volta de duas camadas com uma ReLU entre elas, permite. Pense em números soltos: w₂ · ReLU(w₁ · x) é plana de um lado do 0, sejam quais forem os pesos; com + x, não precisa ser plana de lado nenhum.

# %% [markdown] lang="en"
# But what a net can represent is one thing, what training finds another. Four nets, each with three times 12 convolutions, trained alike: without shortcuts (`skip-0`), with shortcuts around 1 or 2 of them, and a **control**, `folded`: also without shortcuts, but where the shape is kept its convolutions *begin* as conv(x) + x, folded by your function.
#
# **Predict.** By their errors on the training images: is `skip-1` nearer to `"skip-0"` or to `"skip-2"` (`one`)? And is the control nearer to `"skip-0"` or to `"skip-1"` (`folded`)?

# %% [markdown] lang="pt"
# Mas o que uma rede pode representar é uma coisa; o que o treino acha é outra. Quatro redes, cada uma com três vezes 12 convoluções, treinadas do mesmo jeito: sem atalhos (`skip-0`), com atalhos em volta de 1 ou de 2 delas, e um **controle**, `folded`: também sem atalhos, mas onde a forma se mantém suas convoluções *começam* como conv(x) + x, embutido pela sua função.
#
# **Preveja.** Pelo erro nas imagens de treino: `skip-1` fica mais perto de `"skip-0"` ou de `"skip-2"` (`one`)? E o controle, mais perto de `"skip-0"` ou de `"skip-1"` (`folded`)?

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
# The four training errors as bars:

# %% [markdown] lang="pt"
# Os quatro erros de treino em barras:

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
# **Explanation.** Around each single layer a shortcut adds nothing that the net could *represent*, and yet it learns far more with them. So what shortcuts change is how a net learns. But it is not merely the first weights: the control begins as conv(x) + x as well, and learns hardly more than the plain net. In it a BatchNorm stands *after* that sum, on the road, and each training step can change the 1, too. A shortcut is a 1 that stays. (The course's tests repeat this with three seeds.)

# %% [markdown] lang="pt"
# **Explicação.** Em volta de uma só camada, um atalho não acrescenta nada que a rede pudesse *representar*, e mesmo assim ela aprende muito mais com eles. O que os atalhos mudam, portanto, é como uma rede aprende. Mas não são só os primeiros pesos: o controle também começa como conv(x) + x e aprende pouco mais que a rede simples. Nele, uma BatchNorm fica *depois* dessa soma, na estrada, e cada passo do treino pode mudar também o 1. Um atalho é um 1 que fica. (Os testes do curso o repetem com três sementes.)

# %% [markdown] lang="en"
# Why two, then? With full training and 110 layers, He et al. (2016, table 3) found 9.90% errors with shortcuts around one layer and 6.61% around two; Zagoruyko and Komodakis (2016) found two the best number, too. But linearity is not the whole reason: in a v2 block even a single layer has a ReLU of its own, so it cannot be folded away, and still one layer gave 8.91% and two 6.37%.

# %% [markdown] lang="pt"
# Por que duas, então? Com treino completo e 110 camadas, He et al. (2016, tabela 3) mediram 9,90% de erros com atalhos em volta de uma camada e 6,61% em volta de duas; Zagoruyko e Komodakis (2016) também concluíram que duas camadas são a melhor escolha. Mas a linearidade não é a razão toda: em um bloco v2, até uma só camada tem a sua própria ReLU e não pode ser embutida; mesmo assim, uma camada deu 8,91% e duas, 6,37%.

# %% [markdown] lang="en" asked="add-or-concatenate"
# ## Add or concatenate?
#
# Adding needs equal shapes, and F(x) and x get mixed for good. Why not put them side by side? That is [DenseNet](glossary:dense-connection) (Huang et al. 2017): each layer sees the block's input and what *all* layers before it gave, and puts a few new channels beside them. How many is called the *growth*.

# %% [markdown] lang="pt" asked="add-or-concatenate"
# ## Somar ou concatenar?
#
# Para somar, as formas precisam ser iguais, e F(x) e x se misturam para sempre. Por que não pôr os dois lado a lado? Isso é a [DenseNet](glossary:dense-connection) (Huang et al. 2017): cada camada vê a entrada do bloco e o que *todas* as anteriores deram, e põe uns poucos canais novos ao lado deles. O número desses canais chama-se *crescimento* (*growth*).

# %% tags=["nbval-check-output"]
x = torch.randn(1, 16, 14, 14)
for layer in DenseBlock(16, growth=8, layers=3).layers:
    new = layer(x)
    x = torch.cat([x, new], dim=1)
    print(f"{layer[-1].in_channels} → {new.shape[1]}, {x.shape[1]}")

# %% [markdown] lang="en" banner="add-or-concatenate"
# ## Exercise 4 · `dense_cost`
#
# *Why it matters:* “why does ResNet add?” has an answer in numbers.
#
# Return two whole numbers for a dense block: the channels that leave it, and the weights of all its 3 × 3 convolutions (no bias, BatchNorms not counted).
#
# | argument | what it is |
# |---|---|
# | `channels` | channels that enter the block |
# | `growth` | channels that each layer adds |
# | `layers` | number of layers |
#
# The cell above shows the block with 16, 8 and 3: what each layer sees, what it gives, and what there is after it.

# %% [markdown] lang="pt" banner="add-or-concatenate"
# ## Exercício 4 · `dense_cost`
#
# *Por que isso importa:* “por que a ResNet soma?” tem uma resposta em números.
#
# Devolva dois números inteiros para um bloco denso: os canais que saem dele e os pesos de todas as suas convoluções 3 × 3 (sem viés, sem contar as BatchNorms).
#
# | argumento | o que é |
# |---|---|
# | `channels` | canais que entram no bloco |
# | `growth` | canais que cada camada acrescenta |
# | `layers` | número de camadas |
#
# A célula acima mostra o bloco com 16, 8 e 3: o que cada camada vê, o que ela dá e o que há depois dela.

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
# <details><summary>Hint: “How many weights has one layer?”</summary>
#
# A 3 × 3 convolution has 9 weights for each pair of a channel that it sees and a filter. It has `growth` filters.
# </details>
# <details><summary>Hint: “How do I add up the layers?”</summary>
#
# A loop with two numbers that grow: the weights so far, and the channels so far. Count the weights of a layer first, then add its channels.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Quantos pesos tem uma camada?”</summary>
#
# Uma convolução 3 × 3 tem 9 pesos para cada par de um canal que ela vê e um filtro. Ela tem `growth` filtros.
# </details>
# <details><summary>Dica: “Como somo as camadas?”</summary>
#
# Um laço com dois números que crescem: os pesos até aqui e os canais que há. Conte primeiro os pesos de uma camada, depois acrescente os canais dela.
# </details>

# %% [markdown] lang="en"
# ### What each of them costs as it gets deeper
#
# Blocks of 2 to 40 layers, 16 channels in. Adding keeps 16 channels, so every layer costs the same. Concatenating with a growth of 8 begins cheaper.
#
# **Predict.** From how many layers on does the dense block have more weights than the residual one (`from_layers`)? Try your function.

# %% [markdown] lang="pt"
# ### Quanto cada um custa ao ficar mais profundo
#
# Blocos de 2 a 40 camadas, com 16 canais na entrada. Somar mantém 16 canais, e por isso toda camada custa o mesmo. Concatenar com crescimento 8 começa mais barato.
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
# The weights of both blocks, from 2 layers to 40:

# %% [markdown] lang="pt"
# Os pesos dos dois blocos, de 2 a 40 camadas:

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
# **Explanation.** A sum stays as wide as it was, however many terms it has. What is concatenated piles up: each layer has to read all of it, so the weights grow with the *square* of the depth. And each layer normalises all of it anew, so that what training keeps in memory grows with the square as well. That is why DenseNets have a small growth, short blocks, and 1 × 1 convolutions that squeeze the channels in between.
#
# ### Trained at equal cost
#
# Four layers each; the growth is the one whose weights come nearest to those of adding.

# %% [markdown] lang="pt"
# **Explicação.** Uma soma fica com a largura que tinha, por mais termos que tenha. O que se concatena se acumula: cada camada precisa ler tudo, e por isso os pesos crescem com o *quadrado* da profundidade. E cada camada normaliza tudo de novo, de modo que o que o treino guarda na memória também cresce com o quadrado. É por isso que as DenseNets têm crescimento pequeno, blocos curtos e convoluções 1 × 1 que espremem os canais entre eles.
#
# ### Treinadas pelo mesmo custo
#
# Quatro camadas cada; o crescimento é o que deixa os pesos mais perto dos de somar.

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
    # pt: print(f"{name:12} {parameters} parâmetros, {macs} milhões de MACs")
print(f"growth {growth}, channels that leave: {leaving}")
# pt: print(f"crescimento {growth}, canais que saem: {leaving}")

# %% [markdown] lang="en"
# **Predict.** Each is trained three times. Which has the lower mean error on unseen digits (`lower`), `"added"` or `"concatenated"`? And is the gap larger than the spread of one net from seed to seed (`clear`: `True` or `False`)?

# %% [markdown] lang="pt"
# **Preveja.** Cada uma é treinada três vezes. Qual tem o menor erro médio em dígitos nunca vistos (`lower`): a que soma (`"added"`) ou a que concatena (`"concatenated"`)? E a diferença é maior que a variação de uma rede de semente para semente (`clear`: `True` ou `False`)?

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
# Their errors on unseen digits, three trainings each:

# %% [markdown] lang="pt"
# Os erros delas em dígitos nunca vistos, com três treinos de cada:

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
# **Explanation.** At this price, at this learning rate, in these few epochs, adding is ahead. That is no verdict on DenseNet: with a third of this learning rate the gap is smaller than the spread from seed to seed (the course's tests measure it); four layers and four epochs are too few to judge; and our block lacks the 1 × 1 convolutions of the real one. It only shows that concatenating is not better in every setting.

# %% [markdown] lang="pt"
# **Explicação.** Por este preço, com esta taxa de aprendizado, nestas poucas épocas, somar está à frente. Isso não condena a DenseNet: com um terço dessa taxa, a diferença é menor que a variação de semente para semente (os testes do curso medem isso); quatro camadas e quatro épocas não bastam para julgar; e ao nosso bloco faltam as convoluções 1 × 1 do verdadeiro. Só mostra que concatenar não é melhor em toda situação.

# %% [markdown] lang="en"
# What the paper found on CIFAR-10 (Huang et al. 2017, table 2): a DenseNet-BC of 100 layers and 0.8 million parameters makes 4.51% errors, the pre-activation ResNet of 1,001 layers and 10.2 million 4.62% (with batches of 64; the 4.92% above are with 128). Few parameters, then; but every layer's channels stay in memory until the end of the block. And both ideas keep the road clear.

# %% [markdown] lang="pt"
# O que o artigo achou no CIFAR-10 (Huang et al. 2017, tabela 2): uma DenseNet-BC de 100 camadas e 0,8 milhão de parâmetros erra 4,51%; a ResNet com pré-ativação, de 1.001 camadas e 10,2 milhões, erra 4,62% (com lotes de 64; os 4,92% acima são com 128). Poucos parâmetros, portanto; mas os canais de cada camada ficam na memória até o fim do bloco. E as duas ideias deixam a estrada livre.

# %% [markdown] lang="en"
# ## What you take with you
#
# - The ReLU after the sum is a mask of 0 and 1 on signal and gradient; at the start of training it only makes the mean grow.
# - v2: BN–ReLU–conv, twice, then a bare sum; the net ends with BN and ReLU.
# - In the first steps one BatchNorm at v1's end does as well as v2.
# - v1 and v2 share names, not weights.
# - In the paper the order decides at 1,000 layers.
# - A factor on the road is raised to the power of the depth.
# - Around a single linear layer a shortcut adds no new function, and still helps training.
# - Adding keeps the width; concatenating pays with the square of the depth.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - A ReLU depois da soma é uma máscara de 0 e 1 sobre o sinal e o gradiente; no começo do treino, só faz a média crescer.
# - v2: BN–ReLU–conv, duas vezes, e a soma pura; a rede termina com BN e ReLU.
# - Nos primeiros passos, uma BatchNorm no fim da v1 vale tanto quanto a v2.
# - v1 e v2 compartilham nomes, não pesos.
# - No artigo, a ordem decide com 1.000 camadas.
# - Um fator na estrada é elevado à potência da profundidade.
# - Em volta de uma só camada linear, um atalho não acrescenta função nenhuma, mas ajuda o treino.
# - Somar mantém a largura; concatenar paga com o quadrado da profundidade.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): figure 4 has five orders, table 1 the obstacles.
# - Srivastava, Greff, Schmidhuber (2015), [Training Very Deep Networks](https://arxiv.org/abs/1507.06228): Highway Networks, the gated road, before ResNet.
# - Huang, Liu, van der Maaten, Weinberger (2017), [Densely Connected Convolutional Networks](https://arxiv.org/abs/1608.06993): concatenating.
# - Xiong et al. (2020), [On Layer Normalization in the Transformer Architecture](https://arxiv.org/abs/2002.04745): the same question, asked of Transformers.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): a figura 4 traz cinco ordens; a tabela 1, os obstáculos.
# - Srivastava, Greff, Schmidhuber (2015), [Training Very Deep Networks](https://arxiv.org/abs/1507.06228): as Highway Networks, a estrada com portas, antes da ResNet.
# - Huang, Liu, van der Maaten, Weinberger (2017), [Densely Connected Convolutional Networks](https://arxiv.org/abs/1608.06993): concatenar.
# - Xiong et al. (2020), [On Layer Normalization in the Transformer Architecture](https://arxiv.org/abs/2002.04745): a mesma pergunta, feita aos Transformers.

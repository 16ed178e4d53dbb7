# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 04 · The Bottleneck: three cheap convolutions instead of two expensive ones
#
# ResNet-18 and ResNet-34 consist of BasicBlocks. ResNet-50 and the deeper nets use a different block: one more layer,
# four times as many channels, nearly the same price. Here you learn to compute that price, and you build the block.
#
# **You will be able to**
# - count the parameters and multiply-adds of a convolution, and check a whole ResNet-50 with your count;
# - write the Bottleneck so precisely that the official weights load into it;
# - say where its stride belongs, and what goes wrong, without any error message, if the stride is put elsewhere.
#
# Plan for about 95 minutes; a laptop is enough.

# %% [markdown] lang="pt"
# # 04 · O gargalo: três convoluções baratas no lugar de duas caras
#
# A ResNet-18 e a ResNet-34 são feitas de BasicBlocks. A ResNet-50 e as mais profundas usam outro bloco: uma camada a mais, o
# quádruplo dos canais, quase o mesmo preço. Aqui você aprende a calcular esse preço e constrói o bloco.
#
# **Ao final, você saberá**
# - contar os parâmetros e as operações de uma convolução e conferir uma ResNet-50 inteira com a sua conta;
# - escrever o gargalo (*bottleneck*) com tanta fidelidade que os pesos oficiais se encaixam nele;
# - dizer onde fica o passo do gargalo e o que dá errado, sem nenhum aviso, quando ele está em outro lugar.
#
# Reserve cerca de 95 minutos; um laptop basta.

# %% setup=true

# %%
import copy

import torch
from torch import nn

from resnet_course import blocks, checks, data, plots
from resnet_course.blocks import conv1x1, conv3x3, make_shortcut
from resnet_course.compare import first_divergence
from resnet_course.cost import cost_table, count_cost
from resnet_course.diagrams import draw_bottleneck
from resnet_course.explorers import explore
from resnet_course.language import number
from resnet_course.predictions import compare_prediction, expect
from resnet_course.resnet import create_resnet
from resnet_course.shapes import record_calls, shape_table, table

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first
#
# The figure shows the second block of ResNet-50, drawn from the layers that run. (The first block has a projection on its shortcut as well.) Under each box is the shape of its output (channels × height × width). Follow the number of channels from left to right.

# %% [markdown] lang="pt"
# ## Primeiro, a figura
#
# A figura mostra o segundo bloco da ResNet-50, desenhado a partir das camadas que são executadas. (O primeiro tem também uma projeção no atalho.) Embaixo de cada caixa está a forma da saída (canais × altura × largura). Siga o número de canais da esquerda para a direita.

# %%
reference = blocks.Bottleneck(256, 64)
plots.block_diagram("04_bottleneck.figures.block", reference, torch.zeros(1, 256, 56, 56))

# %% [markdown] lang="en"
# 256 channels come in. A 1 × 1 convolution **reduces** them to 64, a 3 × 3 convolution works on those 64, and a second 1 × 1
# convolution **expands** them to 256 again, so that $x$ can be added. Hence the name: the block narrows like the
# [neck of a bottle](glossary:bottleneck). In the code, `planes` is this *width* inside, here 64 (a number of channels, not of
# pixels), and `expansion` is 4.
#
# A 1 × 1 convolution looks at one pixel at a time. It mixes the channels and does nothing else. Why reduce the channels only to expand them again? Because of the price. For each convolution it has two parts, parameters and multiply-adds.

# %% [markdown] lang="pt"
# Entram 256 canais. Uma convolução 1 × 1 os **reduz** a 64, uma convolução 3 × 3 trabalha com os 64, e outra convolução
# 1 × 1 os **expande** de novo a 256, para que $x$ possa ser somado. Daí o nome: o bloco se estreita como o
# [gargalo de uma garrafa](glossary:bottleneck). No código, `planes` é essa *largura* interna, aqui 64 (um número de canais, não de
# pixels), e `expansion` é 4.
#
# Uma convolução 1 × 1 olha um pixel de cada vez. Ela mistura os canais e nada mais. Por que reduzir os canais para depois expandi-los? Por causa do preço. Em cada convolução ele tem duas partes: os parâmetros e as operações.

# %% [markdown] lang="en"
# ## What does a convolution cost?
#
# - [**Parameters**](glossary:parameter): the weights that it stores. As in lesson 03, each filter has a window of $k \times k$ weights for *every* channel that
#   enters, and there is one filter for every channel that leaves.
# - [**Multiply-adds**](glossary:mac) (MACs): how many times a weight is multiplied by an input number and the product added to a sum.

# %% [markdown] lang="pt"
# ## Quanto custa uma convolução?
#
# - [**Parâmetros**](glossary:parameter): os pesos que ela guarda. Como na lição 03, cada filtro tem uma janela de $k \times k$ pesos para *cada* canal que entra, e
#   há um filtro para cada canal que sai.
# - [**MACs**](glossary:mac) (do inglês *multiply–accumulate*): quantas vezes um peso é multiplicado por um número da entrada, e o produto,
#   somado a um total.

# %% [markdown] lang="en"
# **Predict.** How many weights does each of the three convolutions in the picture have? There is no bias. Write three whole
# numbers.
#
# | key | convolution | channels |
# |---|---|---|
# | `reduce` | 1 × 1 | 256 → 64 |
# | `middle` | 3 × 3 | 64 → 64 |
# | `expand` | 1 × 1 | 64 → 256 |

# %% [markdown] lang="pt"
# **Preveja.** Quantos pesos tem cada uma das três convoluções da figura? Não há viés. Escreva três números inteiros.
#
# | chave | convolução | canais |
# |---|---|---|
# | `reduce` | 1 × 1 | 256 → 64 |
# | `middle` | 3 × 3 | 64 → 64 |
# | `expand` | 1 × 1 | 64 → 256 |

# %% predict="weights"
### BEGIN SOLUTION
# was: weights_prediction = {"reduce": ..., "middle": ..., "expand": ...}
weights_prediction = {"reduce": 256 * 64, "middle": 9 * 64 * 64, "expand": 64 * 256}
### END SOLUTION

# %% [markdown] lang="en"
# Now the machine counts the weights of the real layers:

# %% [markdown] lang="pt"
# Agora a máquina conta os pesos das camadas de verdade:

# %% tags=["nbval-check-output"]
expect(weights_prediction, {"reduce": int, "middle": int, "expand": int})

convolutions = {"reduce": reference.conv1, "middle": reference.conv2, "expand": reference.conv3}
counted = {name: conv.weight.numel() for name, conv in convolutions.items()}
compare_prediction(weights_prediction, counted)

# %% [markdown] lang="en"
# **Explanation.** The large window works on few channels, and where there are many channels, the window is small. That is
# the trick. In formulas:
#
# $$\text{params} = k^2 \cdot C_\text{in} \cdot C_\text{out}, \qquad \text{MACs} = \text{params} \cdot H \cdot W$$
#
# $H$ and $W$ are the height and width of the *output*: every weight is used once at each position of the output. One more detail: a convolution can split its channels into $g$ [**groups**](glossary:grouped-convolution). The filters are split as well (there are still $C_\text{out}$ of them in all), and those of one group see only the channels of that group. So each filter sees only $C_\text{in} / g$ channels. (Lesson 07 makes use of this.)

# %% [markdown] lang="pt"
# **Explicação.** A janela grande trabalha com poucos canais, e onde há muitos canais a janela é pequena. Esse é
# o truque. Em fórmulas:
#
# $$\text{params} = k^2 \cdot C_\text{in} \cdot C_\text{out}, \qquad \text{MACs} = \text{params} \cdot H \cdot W$$
#
# $H$ e $W$ são a altura e a largura da *saída*: cada peso é usado uma vez em cada posição da saída. Mais um detalhe: uma convolução pode dividir seus canais em $g$ [**grupos**](glossary:grouped-convolution). Os filtros também são divididos (ao todo, ainda são $C_\text{out}$), e os de um grupo só enxergam os canais desse grupo. Assim, cada filtro só enxerga $C_\text{in} / g$ canais. (A lição 07 usa isso.)

# %% [markdown] lang="en" banner="conv-cost"
# ## Exercise 1 · `conv_cost`
#
# *Why it matters:* with these two numbers you can compare any two nets before you train either.
#
# Return the parameters and the multiply-adds of a convolution without bias, in this order.
#
# | symbol | argument |
# |---|---|
# | $C_\text{in}$, $C_\text{out}$ | `in_channels`, `out_channels` |
# | $k$ | `kernel_size` |
# | $H$, $W$ of the output | `height`, `width` |
# | $g$ | `groups`; both numbers of channels are multiples of it |

# %% [markdown] lang="pt" banner="conv-cost"
# ## Exercício 1 · `conv_cost`
#
# *Por que isso importa:* com esses dois números você compara duas redes quaisquer antes de treiná-las.
#
# Devolva os parâmetros e os MACs de uma convolução sem viés, nessa ordem.
#
# | símbolo | argumento |
# |---|---|
# | $C_\text{in}$, $C_\text{out}$ | `in_channels`, `out_channels` |
# | $k$ | `kernel_size` |
# | $H$, $W$ da saída | `height`, `width` |
# | $g$ | `groups`; os dois números de canais são sempre múltiplos dele |

# %% exercise="conv-cost" difficulty=2 minutes=12
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    """-> (params, macs); height and width are those of the output"""
    # pt: """-> (params, macs); height e width são os da saída"""
    ### BEGIN SOLUTION
    params = kernel_size**2 * (in_channels // groups) * out_channels
    return params, params * height * width
    ### END SOLUTION


# %% check="conv-cost" points=2
checks.conv_cost(conv_cost)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# Take `conv_cost(2, 5, 3, 10, 10)`. One filter has 3 · 3 weights for each of 2 channels: 18. Five filters: 90. The output
# has 10 · 10 positions, and at each of them all 90 are used once.
# </details>
# <details><summary>Hint: “It is right until there are groups”</summary>
#
# If 8 channels are split into 4 groups, how many of them does *one* filter see? And how many filters are there?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Tome `conv_cost(2, 5, 3, 10, 10)`. Um filtro tem 3 · 3 pesos para cada um dos 2 canais: 18. Cinco filtros: 90. A saída
# tem 10 · 10 posições, e em cada uma todos os 90 são usados uma vez.
# </details>
# <details><summary>Dica: “Está certo até aparecerem grupos”</summary>
#
# Se 8 canais são divididos em 4 grupos, quantos deles *um* filtro enxerga? E quantos filtros há?
# </details>

# %% [markdown] lang="en"
# ### Two blocks, one budget
#
# **Predict.** A BasicBlock with 256 channels would have two 3 × 3 convolutions of that width. Does the BasicBlock
# cost about 2, 4 or 17 times as much as the bottleneck?

# %% [markdown] lang="pt"
# ### Dois blocos, um orçamento
#
# **Preveja.** Um BasicBlock com 256 canais teria duas convoluções 3 × 3 dessa largura. Esse BasicBlock
# custa mais ou menos 2, 4 ou 17 vezes o que custa o gargalo?

# %% predict="cheaper"
### BEGIN SOLUTION
# was: cheaper_prediction = {"times_cheaper": ...}
cheaper_prediction = {"times_cheaper": 17}
### END SOLUTION

# %% tags=["nbval-check-output"]
expect(cheaper_prediction, {"times_cheaper": [2, 4, 17]})


def block_macs(*convolutions):
    """each convolution: (in_channels, out_channels, kernel_size), on 56 x 56 pixels"""
    # pt: """cada convolução: (in_channels, out_channels, kernel_size), em 56 x 56 pixels"""
    return sum(conv_cost(*each, 56, 56)[1] for each in convolutions)


macs = {
    "basic-64": block_macs((64, 64, 3), (64, 64, 3)),
    "bottleneck-256": block_macs((256, 64, 1), (64, 64, 3), (64, 256, 1)),
    "basic-256": block_macs((256, 256, 3), (256, 256, 3)),
}
times_cheaper = macs["basic-256"] / macs["bottleneck-256"]
compare_prediction(cheaper_prediction, {"times_cheaper": times_cheaper}, within=0.5)

# %% [markdown] lang="en"
# The figure shows both blocks, together with the BasicBlock of ResNet-34's first stage (64 channels):

# %% [markdown] lang="pt"
# A figura mostra os dois blocos, junto com o BasicBlock do primeiro estágio da ResNet-34 (64 canais):

# %%
plots.bars(
    "04_bottleneck.figures.costs",
    {name: count / 1e6 for name, count in macs.items()},
    colors={"basic-64": "neutral", "bottleneck-256": "accent", "basic-256": "neutral"},
)

# %% [markdown] lang="en"
# **Explanation.** The bottleneck has four times as many channels as the BasicBlock of ResNet-34 and takes slightly fewer multiply-adds. So the bottleneck can take the BasicBlock's place, stage by stage, and the net gets three layers where it had two (He et al., 2015, figure 5).
#
# Does PyTorch arrive at the same count? PyTorch counts what really runs, in FLOPs, that is, floating-point operations. A product *and* a sum are two of them, so FLOPs are double the multiply-adds. The cell has PyTorch count the FLOPs of the real blocks and halves them; your count is on the left, PyTorch's on the right.

# %% [markdown] lang="pt"
# **Explicação.** O gargalo tem o quádruplo dos canais do BasicBlock da ResNet-34 e faz um pouco menos de MACs. Assim, o gargalo pode tomar o lugar do BasicBlock, estágio por estágio, e a rede passa a ter três camadas onde tinha duas (He et al., 2015, figura 5).
#
# O PyTorch chega à mesma conta? Ele conta o que é executado de verdade, em FLOPs, isto é, operações de ponto flutuante. Um produto *e* uma soma são duas delas; por isso, os FLOPs são o dobro dos MACs. A célula manda o PyTorch contar os FLOPs dos blocos de verdade e os divide por 2; a sua conta está à esquerda, e a do PyTorch, à direita.

# %% tags=["nbval-check-output"]
real = {
    "basic-64": count_cost(blocks.BasicBlock(64, 64), (1, 64, 56, 56)),
    "bottleneck-256": count_cost(blocks.Bottleneck(256, 64), (1, 256, 56, 56)),
    "basic-256": count_cost(blocks.BasicBlock(256, 256), (1, 256, 56, 56)),
}
for name, cost in real.items():
    print(f"{name:14} {number(macs[name], ','):>13} {number(cost.flops // 2, ','):>13}")

# %% [markdown] lang="en"
# Your count and PyTorch's agree to the last digit. (BatchNorm, ReLU and the sum are in neither count: they take a few
# operations for each number, while these convolutions take $k^2 \cdot C_\text{in}$, that is, at least 64.)

# %% [markdown] lang="pt"
# A sua conta e a do PyTorch coincidem até o último algarismo. (BatchNorm, ReLU e a soma não entram em nenhuma das duas: elas fazem
# umas poucas operações por número, enquanto estas convoluções fazem $k^2 \cdot C_\text{in}$, ou seja, pelo menos 64.)

# %% [markdown] lang="en" banner="bottleneck"
# ## Exercise 2 · `Bottleneck`
#
# *Why it matters:* ResNet-50, -101 and -152 are built from this class. In lesson 05 your own ResNet-50 will be made of it.
#
# Write the class from the picture. `conv1x1(in, out)` and `conv3x3(in, out, stride)` are given; neither has a bias. Name the
# layers as the table does: the official weights go by these names.
#
# | layer | window | channels |
# |---|---|---|
# | `conv1`, `bn1`, ReLU | 1 × 1 | `inplanes` → `planes` |
# | `conv2`, `bn2`, ReLU | 3 × 3, with the block's `stride` | `planes` → `planes` |
# | `conv3`, `bn3` | 1 × 1 | `planes` → `planes * self.expansion` |
# | the sum, ReLU | | |
#
# The shortcut works as in the BasicBlock: it is $x$, or `downsample(x)` if a `downsample` was given.

# %% [markdown] lang="pt" banner="bottleneck"
# ## Exercício 2 · `Bottleneck`
#
# *Por que isso importa:* esta classe é a base da ResNet-50, da ResNet-101 e da ResNet-152. Na lição 05, a sua própria ResNet-50 será feita dela.
#
# Escreva a classe a partir da figura. `conv1x1(in, out)` e `conv3x3(in, out, stride)` já existem; nenhuma tem viés. Dê às
# camadas os nomes da tabela: são os dos pesos oficiais.
#
# | camada | janela | canais |
# |---|---|---|
# | `conv1`, `bn1`, ReLU | 1 × 1 | `inplanes` → `planes` |
# | `conv2`, `bn2`, ReLU | 3 × 3, com o `stride` do bloco | `planes` → `planes` |
# | `conv3`, `bn3` | 1 × 1 | `planes` → `planes * self.expansion` |
# | a soma, ReLU | | |
#
# O atalho funciona como no BasicBlock: é $x$, ou `downsample(x)`, se um `downsample` foi passado.

# %% exercise="bottleneck" difficulty=3 minutes=25
class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = conv1x1(inplanes, planes)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = conv3x3(planes, planes, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = conv1x1(planes, planes * self.expansion)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        ### END SOLUTION

    def forward(self, x):
        """[N, inplanes, H, W] -> [N, planes * 4, ceil(H / stride), ceil(W / stride)]"""
        ### BEGIN SOLUTION
        identity = x if self.downsample is None else self.downsample(x)

        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))

        return self.relu(out + identity)
        ### END SOLUTION


# %% check="bottleneck" points=4
checks.bottleneck(Bottleneck)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# Take your BasicBlock from lesson 03 and look at the two pictures side by side. There is one more convolution, the windows
# are 1, 3, 1, and the number of channels goes from `inplanes` to `planes`, does not change in the 3 × 3, and ends at `planes * 4`.
# </details>
# <details><summary>Hint: “The size of tensor a must match the size of tensor b”</summary>
#
# The sum fails: `out` and `identity` have different shapes. How many channels does `out` have after `conv3`? The shortcut always has
# `planes * expansion`.
# </details>
# <details><summary>Hint: “The numbers are wrong only with stride 2”</summary>
#
# Which of the three convolutions takes the stride? The table tells you.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Pegue o seu BasicBlock da lição 03 e compare as duas figuras. Há uma convolução a mais, as janelas são 1, 3, 1, e o
# número de canais vai de `inplanes` a `planes`, não muda na 3 × 3 e termina em `planes * 4`.
# </details>
# <details><summary>Dica: “The size of tensor a must match the size of tensor b”</summary>
#
# A soma falha: `out` e `identity` têm formas diferentes. Quantos canais `out` tem depois de `conv3`? O atalho tem sempre
# `planes * expansion`.
# </details>
# <details><summary>Dica: “Os números só estão errados com passo 2”</summary>
#
# Qual das três convoluções recebe o passo? A tabela diz.
# </details>

# %% [markdown] lang="en"
# ### Your block beside the official one
#
# The cell takes two blocks of torchvision's ResNet-50, with random weights (no download): the second block of stage 1, which keeps the shape, and the first of stage 2, which halves height and width. Your blocks get the same weights. What is the largest difference between the outputs?

# %% [markdown] lang="pt"
# ### O seu bloco ao lado do oficial
#
# A célula pega dois blocos da ResNet-50 do torchvision, com pesos aleatórios (sem baixar nada): o segundo do estágio 1, que mantém a forma, e o primeiro do estágio 2, que reduz a altura e a largura à metade. Os seus blocos recebem os mesmos pesos. Qual é a maior diferença entre as saídas?

# %% tags=["nbval-check-output"]
from torchvision.models import resnet50

torch.manual_seed(0)
theirs = resnet50(weights=None).eval()
image = torch.randn(1, 256, 56, 56)
for official, mine in (
    (theirs.layer1[1], Bottleneck(256, 64)),
    (theirs.layer2[0], Bottleneck(256, 128, stride=2, downsample=make_shortcut(256, 512, 2))),
):
    mine.load_state_dict(official.state_dict())
    print((mine.eval()(image) - official(image)).abs().max().item())

# %% [markdown] lang="en"
# Zero, twice. The table shows what runs in the second of these blocks, with shapes and parameters:

# %% [markdown] lang="pt"
# Zero, duas vezes. A tabela mostra o que é executado no segundo desses blocos, com formas e parâmetros:

# %% tags=["nbval-check-output"]
shape_table(mine, image)

# %% [markdown] lang="en"
# ## Explore
#
# The upper half of the figure below shows the tensors: the taller, the more channels; the wider, the larger the image. The lower half
# shows what each convolution costs. `downsample.0` is the projection on the shortcut; it is there only if the shapes require it.
# Here are three questions; go back to the initial setting before each:
#
# 1. Double the width inside (a number of channels: in the figure, a height) from 64 to 128. How many times as expensive does `conv2`
#    become? And `conv1`?
# 2. Set the stride to 2. Which of the three convolutions does *not* get cheaper?
# 3. Split the 3 × 3 convolution into 32 groups. Which convolutions are now the most expensive?

# %% [markdown] lang="pt"
# ## Explore
#
# A metade de cima da figura abaixo mostra os tensores: quanto mais altos, mais canais; quanto mais largos, maior a imagem. A de baixo
# mostra quanto custa cada convolução. `downsample.0` é a projeção no atalho; ela só aparece quando as formas exigem uma. Aqui
# estão três perguntas; antes de cada uma, volte à configuração inicial:
#
# 1. Dobre a largura interna (um número de canais: na figura, uma altura) de 64 para 128. Por quanto se multiplica o custo de `conv2`?
#    E o de `conv1`?
# 2. Mude o passo para 2. Qual das três convoluções *não* fica mais barata?
# 3. Divida a convolução 3 × 3 em 32 grupos. Quais convoluções são agora as mais caras?

# %%
explore(
    draw_bottleneck,
    "04_bottleneck.figures.explorer",
    inplanes=[64, 128, 256, 512, 1024],
    width=[32, 64, 128, 256],
    stride=[1, 2],
    groups=[1, 2, 4, 8, 16, 32],
)

# %% [markdown] lang="en"
# The next cell answers the same questions with your function (in millions of multiply-adds; the projection is left out):

# %% [markdown] lang="pt"
# A próxima célula responde às mesmas perguntas com a sua função (em milhões de MACs; a projeção fica de fora):

# %% tags=["nbval-check-output"]
def three_costs(width=64, side=56, groups=1):
    """side: that of the image after conv2; conv1 always works on 56 x 56 pixels"""
    # pt: """side: o lado da imagem que sai de conv2; conv1 sempre trabalha com 56 x 56 pixels"""
    macs = {
        "conv1": conv_cost(256, width, 1, 56, 56)[1],
        "conv2": conv_cost(width, width, 3, side, side, groups)[1],
        "conv3": conv_cost(width, 4 * width, 1, side, side)[1],
    }
    return {name: number(each / 1e6, ".1f") for name, each in macs.items()}


table(
    [
        {"block": "width 64", **three_costs()},
        # pt: {"bloco": "largura 64", **three_costs()},
        {"block": "width 128", **three_costs(width=128)},
        # pt: {"bloco": "largura 128", **three_costs(width=128)},
        {"block": "stride 2", **three_costs(side=28)},
        # pt: {"bloco": "passo 2", **three_costs(side=28)},
        {"block": "32 groups", **three_costs(groups=32)},
        # pt: {"bloco": "32 grupos", **three_costs(groups=32)},
    ]
)

# %% [markdown] lang="en"
# The width enters `conv2` twice, as input and as output: twice the width, four times the cost. The same holds for `conv3`, because the block's output always has four times the width inside. The cost of `conv1` only doubles, because its input stays the same. With stride 2, `conv1` still works on the full-size image. And with 32 groups the 3 × 3 costs next to nothing: nearly the whole cost is that of the two 1 × 1 convolutions.
#
# ## How wide may the bottleneck be?
#
# The paper takes a quarter of the channels as the width. Is that exactly what the budget of a BasicBlock allows, or would a larger width fit?

# %% [markdown] lang="pt"
# A largura entra em `conv2` duas vezes, como entrada e como saída: o dobro da largura, o quádruplo do custo. O mesmo vale para `conv3`, porque a saída do bloco sempre tem quatro vezes a largura interna. O custo de `conv1` só dobra, porque a entrada dela não muda. Com passo 2, `conv1` ainda trabalha na imagem não reduzida. E, com 32 grupos, a 3 × 3 quase não custa nada: quase todo o custo é o das duas 1 × 1.
#
# ## Que largura o gargalo pode ter?
#
# O artigo usa um quarto dos canais como largura. É exatamente o que o orçamento de um BasicBlock permite, ou caberia uma largura maior?

# %% [markdown] lang="en" banner="block-budget"
# ## Exercise 3 · `block_budget`
#
# *Why it matters:* this is how architectures are designed: decide what a block may cost, then look for the best block that fits this budget.
#
# `block_budget(channels, planes)` returns the largest width at which a bottleneck takes **no more** multiply-adds than a BasicBlock:
#
# | block | convolutions |
# |---|---|
# | BasicBlock | two 3 × 3, `planes` → `planes` |
# | bottleneck | 1 × 1 `channels` → width, 3 × 3 width → width, 1 × 1 width → `channels` |
#
# All of them work on images of the same size, so that size makes no difference to the answer. If not even a width of 1 fits, return 0. Use your `conv_cost`.

# %% [markdown] lang="pt" banner="block-budget"
# ## Exercício 3 · `block_budget`
#
# *Por que isso importa:* é assim que se projetam arquiteturas: decide-se quanto um bloco pode custar e procura-se o melhor bloco que caiba nesse orçamento.
#
# `block_budget(channels, planes)` devolve a maior largura com que o número de MACs de um gargalo **não passa** do de um BasicBlock:
#
# | bloco | convoluções |
# |---|---|
# | BasicBlock | duas 3 × 3, `planes` → `planes` |
# | gargalo | 1 × 1 `channels` → largura, 3 × 3 largura → largura, 1 × 1 largura → `channels` |
#
# Todas trabalham com imagens do mesmo tamanho; por isso, tanto faz qual seja ele. Se nem a largura 1 couber, devolva 0. Use a sua `conv_cost`.

# %% exercise="block-budget" difficulty=3 minutes=15
def block_budget(channels, planes):
    """-> the largest whole width that fits, or 0"""
    # pt: """-> a maior largura inteira que cabe, ou 0"""
    ### BEGIN SOLUTION
    budget = 2 * conv_cost(planes, planes, 3, 1, 1)[1]

    def cost(width):
        ends = conv_cost(channels, width, 1, 1, 1)[1] + conv_cost(width, channels, 1, 1, 1)[1]
        return ends + conv_cost(width, width, 3, 1, 1)[1]

    width = 0
    while cost(width + 1) <= budget:
        width += 1
    return width
    ### END SOLUTION


# %% check="block-budget" points=2
checks.block_budget(block_budget)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# Begin with `width = 0`. As long as a bottleneck of `width + 1` still fits, add 1 to `width`. What you have at the end is the
# answer, even if it is 0.
# </details>
# <details><summary>Hint: “Which height and width do I give to conv_cost?”</summary>
#
# Any, as long as both blocks get the same: 1 and 1 will do.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Comece com `width = 0`. Enquanto um gargalo de `width + 1` ainda couber, aumente `width` em 1. O valor que fica no fim é a resposta,
# mesmo que seja 0.
# </details>
# <details><summary>Dica: “Que altura e largura eu passo a conv_cost?”</summary>
#
# Qualquer uma, desde que seja a mesma para os dois blocos: 1 e 1 bastam.
# </details>

# %% [markdown] lang="en"
# For each of the four stages of ResNet-34 and ResNet-50, the cell prints four numbers: `planes`; the bottleneck's number of channels; the largest width that fits; and the share of the budget that the paper's width (`planes`) uses.

# %% [markdown] lang="pt"
# Para cada um dos quatro estágios da ResNet-34 e da ResNet-50, a célula imprime quatro números: `planes`; o número de canais do gargalo; a maior largura que cabe; e a fração do orçamento que a largura do artigo (`planes`) usa.

# %% tags=["nbval-check-output"]
for planes in (64, 128, 256, 512):
    channels = 4 * planes
    spent = block_macs((channels, planes, 1), (planes, planes, 3), (planes, channels, 1))
    share = number(spent / block_macs((planes, planes, 3), (planes, planes, 3)), ".1%")
    print(f"{planes=} {channels=} {block_budget(channels, planes)=} share={share}")
    # pt: print(f"{planes=} canais={channels!r} {block_budget(channels, planes)=} fração={share}")

# %% [markdown] lang="en"
# The paper's rule uses nearly all that the budget allows, and the same share in every stage: in units of `planes`², the bottleneck costs
# 4 + 9 + 4 and the BasicBlock 9 + 9. A quarter of the channels is a round number, and it is close to the largest width that fits. (All this is counted for blocks that keep the shape of $x$.)

# %% [markdown] lang="pt"
# A regra do artigo usa quase tudo o que o orçamento permite, e a mesma fração em todos os estágios: em unidades de `planes`², o gargalo custa 4 + 9 + 4, e o BasicBlock, 9 + 9. Um quarto dos canais é um número redondo e fica perto da maior largura que cabe. (Tudo isso vale para blocos que mantêm a forma de $x$.)

# %% [markdown] lang="en"
# ## What it buys
#
# ResNet-34 has 16 BasicBlocks. Put a bottleneck in the place of each, and you get ResNet-50: 16 more layers. The table shows
# what the whole nets cost for one photo of 224 × 224 (GFLOPs and GMACs are billions of FLOPs and MACs). Above it is the [**top-1 error**](glossary:top-1)
# of torchvision's two nets: the percentage of ImageNet's validation photos on which their first guess is wrong. (The errors are published with the weights, which are torchvision's older ones, “V1”. The errors in lesson 03 were those of the paper's own nets, on ten crops of each photo.)

# %% [markdown] lang="pt"
# ## O que se ganha com isso
#
# A ResNet-34 tem 16 BasicBlocks. Ponha um gargalo no lugar de cada um, e o resultado é a ResNet-50: 16 camadas a mais. A tabela
# mostra quanto custam as redes inteiras para uma foto de 224 × 224 (GFLOPs e GMACs são bilhões de FLOPs e de MACs). Acima dela está o [**erro top-1**](glossary:top-1)
# das duas redes do torchvision: a porcentagem das fotos de validação da ImageNet em que elas erram o primeiro palpite. (Os erros são publicados com os pesos, que são os mais antigos do torchvision, “V1”. Os erros da lição 03 eram os das redes do próprio artigo, com dez recortes de cada foto.)

# %% tags=["nbval-check-output"]
from torchvision.models import ResNet34_Weights, ResNet50_Weights

for weights in (ResNet34_Weights.IMAGENET1K_V1, ResNet50_Weights.IMAGENET1K_V1):
    print(weights, number(100 - weights.meta["_metrics"]["ImageNet-1K"]["acc@1"], ".2f") + "%")
with torch.device("meta"):  # shapes only, no numbers
# pt: with torch.device("meta"):  # só formas, sem números
    nets = {name: create_resnet(name) for name in ("resnet34", "resnet50")}
cost_table(nets)

# %% claims=true
assert 845e6 < count_cost(nets["resnet50"]).flops - count_cost(nets["resnet34"]).flops < 855e6, {
    "en": "For 0.85 GFLOPs more",
    "pt": "Por 0,85 GFLOPs a mais",
}

# %% [markdown] lang="en"
# For 0.85 GFLOPs more, ResNet-50 gets nearly three fewer photos in a hundred wrong. (It has more layers and more channels; the table cannot say which of the two helps.) But why does it cost more, if a bottleneck takes fewer multiply-adds than a BasicBlock?
#
# Now apply your `conv_cost` to whole nets. The cell runs them without numbers (on the `meta` device, tensors have only a shape) and adds up your counts of all convolutions with the same window. It also prints how much of the total for 1 × 1 windows lies in projections. The last number is PyTorch's own count, without the linear layer.

# %% [markdown] lang="pt"
# Por 0,85 GFLOPs a mais, a ResNet-50 erra quase três fotos a menos em cada cem. (Ela tem mais camadas e mais canais; a tabela não diz qual das duas coisas ajuda.) Mas por que ela custa mais, se um gargalo faz menos MACs que um BasicBlock?
#
# Agora aplique a sua `conv_cost` a redes inteiras. A célula as executa sem números (no dispositivo `meta`, tensores só têm forma), soma, por tamanho de janela, os custos que a sua função calcula e diz quanto do custo das convoluções 1 × 1 é das projeções. O último número é a contagem do próprio PyTorch, sem a camada linear.

# %% tags=["nbval-check-output"]
def macs_by_window(net, part=""):
    """window -> multiply-adds of all convolutions with it, and with `part` in their name"""
    # pt: """janela -> MACs de todas as convoluções com ela, e com `part` no nome"""
    total = {}
    for call in record_calls(net, torch.empty(1, 3, 224, 224, device="meta")):
        conv = call.module
        if isinstance(conv, nn.Conv2d) and part in call.name:
            height, width = call.output.shape[2:]
            window = conv.kernel_size[0]
            macs = conv_cost(conv.in_channels, conv.out_channels, window, height, width)[1]
            total[window] = total.get(window, 0) + macs
    return total


by_window = {name: macs_by_window(net) for name, net in nets.items()}
projections = {name: macs_by_window(net, "downsample")[1] for name, net in nets.items()}
for name, net in nets.items():
    machine = count_cost(net).macs - net.fc.weight.numel()
    for window, count in by_window[name].items():
        print(f"{name}, {window} × {window}: {number(count, ','):>13}")
    print(f"{name}, projections: {number(projections[name], ',')}")
    # pt: print(f"{name}, projeções: {number(projections[name], ',')}")
    all_windows = number(sum(by_window[name].values()), ",")
    print(f"{name}, sum: {all_windows}, machine: {number(machine, ',')}")
    # pt: print(f"{name}, soma: {all_windows}, máquina: {number(machine, ',')}")

# %% claims=true
assert 0.78 < (projections["resnet50"] - projections["resnet34"]) / (
    sum(by_window["resnet50"].values()) - sum(by_window["resnet34"].values())
) < 0.82, {"en": "four fifths of the difference", "pt": "quatro quintos da diferença"}

# %% [markdown] lang="en"
# Your count equals the machine's, and shows why ResNet-50 costs more: blocks that change the shape have a
# projection on their shortcut. ResNet-34 has three, in stages 2 to 4. In ResNet-50 these have four times as many
# channels on both sides, so each costs sixteen times as much; and stage 1 needs one too. Projections make up four fifths of the
# difference. The remaining fifth is an extra cost minus a saving: three bottlenecks, in which the first 1 × 1 works on
# the larger image (next section), cost more than the BasicBlocks they replace; all the others cost less.
#
# Which windows do most of the work? (The 7 × 7 is each net's first convolution.)

# %% [markdown] lang="pt"
# A sua conta é igual à da máquina e mostra por que a ResNet-50 custa mais: blocos que mudam a forma têm
# projeção no atalho. A ResNet-34 tem três, nos estágios 2 a 4. Na ResNet-50, essas têm o quádruplo dos canais dos dois lados;
# cada uma custa dezesseis vezes o que custa lá, e há mais uma no estágio 1. As projeções são quatro quintos da
# diferença. O quinto restante é um acréscimo menos uma economia: três gargalos, cuja primeira 1 × 1 trabalha
# na imagem maior (próxima seção), custam mais que os BasicBlocks correspondentes; os demais custam menos.
#
# Quais janelas fazem a maior parte do trabalho? (A 7 × 7 é a primeira de cada rede.)

# %%
shares = {
    f"{name}, {window} × {window}": round(count / sum(total.values()), 3)
    for name, total in by_window.items()
    for window, count in sorted(total.items())
}
plots.bars(
    "04_bottleneck.figures.shares",
    shares,
    colors={name: "accent" if "1 × 1" in name else "neutral" for name in shares},
    percent=True,
    figures={
        "pointwise": 100 * shares["resnet50, 1 × 1"],
        "pointwise_34": 100 * shares["resnet34, 1 × 1"],
    },
)

# %% claims=true
assert 0.48 < shares["resnet50, 1 × 1"] < 0.55, {
    "en": "About half of ResNet-50's multiply-adds",
    "pt": "Cerca de metade dos MACs da ResNet-50",
}

# %% [markdown] lang="en" asked="where-the-stride"
# About half of ResNet-50's multiply-adds only mix channels, pixel by pixel.
#
# ## Where does the stride go?
#
# Between stages a block halves the image: one of its convolutions has stride 2. The paper says which blocks do this, but not which convolution. In the nets that its authors published, the **first 1 × 1** has the stride. In torchvision's, the **3 × 3** has it. (The latter is *ResNet v1.5*; the “V1” above is a version of its weights.)
#
# **Predict.** What share of an image's pixels does a convolution with stride 2 look at if its window is 1 × 1 (`on_1x1`)? And if its window is 3 × 3, with padding 1 (`on_3x3`)? Write two numbers from 0 to 1, such as `0.1` or `"10%"`.

# %% [markdown] lang="pt" asked="where-the-stride"
# Cerca de metade dos MACs da ResNet-50 só mistura canais, pixel por pixel.
#
# ## Onde fica o passo?
#
# Entre os estágios, um bloco reduz a imagem à metade: uma de suas convoluções tem passo 2. O artigo diz em quais blocos, mas não em qual convolução. Nas redes que os autores publicaram, o passo fica na **primeira 1 × 1**. Nas do torchvision, fica na **3 × 3**. (Essa variante se chama *ResNet v1.5*; o “V1” de antes é uma versão dos pesos.)
#
# **Preveja.** Com passo 2, que fração dos pixels de uma imagem a convolução olha se a janela é 1 × 1 (`on_1x1`)? E se a janela é 3 × 3, com preenchimento 1 (`on_3x3`)? Escreva dois números de 0 a 1, como `0.1` ou `"10%"`.

# %% predict="pixels"
### BEGIN SOLUTION
# was: pixels_prediction = {"on_1x1": ..., "on_3x3": ...}
pixels_prediction = {"on_1x1": 0.25, "on_3x3": 1.0}
### END SOLUTION

# %% [markdown] lang="en"
# A pixel that the window sees is multiplied by a weight, so its gradient is not zero. A pixel that is skipped cannot change the output, so its gradient is zero. The cell counts the gradients that are not zero.

# %% [markdown] lang="pt"
# Um pixel que a janela vê é multiplicado por um peso, e por isso o gradiente dele não é zero. Um pixel que ela pula não pode mudar a saída, e por isso o gradiente dele é zero. A célula conta os gradientes que não são zero.

# %% tags=["nbval-check-output"]
expect(pixels_prediction, {"on_1x1": (0, 1), "on_3x3": (0, 1)})


def pixels_used(conv):
    x = torch.zeros(1, 1, 28, 28, requires_grad=True)
    conv(x).sum().backward()
    return (x.grad != 0).float()


used = {
    "paper": pixels_used(conv1x1(1, 1, stride=2)),
    "torchvision": pixels_used(conv3x3(1, 1, stride=2)),
}
compare_prediction(
    pixels_prediction,
    {"on_1x1": used["paper"].mean().item(), "on_3x3": used["torchvision"].mean().item()},
)

# %% [markdown] lang="en"
# The figure shows a real digit: first all its pixels, then only those that each version uses, with the others made black.

# %% [markdown] lang="pt"
# A figura mostra um dígito de verdade: primeiro todos os pixels, depois só os que cada versão usa, com os outros em preto.

# %%
seven = data.digit(7)
plots.image_grid(
    torch.cat([seven, seven * used["paper"], seven * used["torchvision"]]),
    labels=[0, 1, 2],
    classes=["all pixels", "paper: conv1, 1 × 1", "torchvision: conv2, 3 × 3"],
    # pt: classes=["todos os pixels", "artigo: conv1, 1 × 1", "torchvision: conv2, 3 × 3"],
    caption="04_bottleneck.figures.seen",
)

# %% [markdown] lang="en"
# **Explanation.** With the stride on the 1 × 1, the path of $F$ throws away, unseen, three quarters of what the previous stage computed. (The shortcut's 1 × 1 also has stride 2, and skips the same pixels.) With the stride on the 3 × 3, every pixel takes part.

# %% [markdown] lang="pt"
# **Explicação.** Com o passo na 1 × 1, o caminho de $F$ joga fora, sem nem olhar, três quartos do que o estágio anterior calculou. (A 1 × 1 do atalho também tem passo 2 e pula os mesmos pixels.) Com o passo na 3 × 3, todos os pixels participam.

# %% [markdown] lang="en" banner="stride-placement"
# ## Exercise 4 · `move_stride`
#
# *Why it matters:* the numbers in the paper come from the authors' version; your block is torchvision's. You should be able to build both.
#
# `move_stride(block)` takes a bottleneck with its stride on the 3 × 3 and turns it, [**in place**](glossary:in-place), into the authors' version: the stride moves to the first 1 × 1, and the 3 × 3 gets stride 1. The function returns nothing. The stride may be any number; weights, shortcut and everything else stay as they are.
#
# The stride of a layer is one of its attributes: `block.conv2.stride` is `(2, 2)`, say, and you can assign to it.

# %% [markdown] lang="pt" banner="stride-placement"
# ## Exercício 4 · `move_stride`
#
# *Por que isso importa:* os números do artigo vêm da versão dos autores; o seu bloco é o do torchvision. É bom saber construir as duas.
#
# `move_stride(block)` recebe um gargalo com o passo na 3 × 3 e o transforma, no próprio bloco ([*in-place*](glossary:in-place)), na versão dos autores: o passo vai para a primeira 1 × 1, e a 3 × 3 fica com passo 1. A função não devolve nada. O passo pode ser qualquer um; pesos, atalho e todo o resto ficam como estão.
#
# O passo de uma camada é um atributo dela: `block.conv2.stride` vale, por exemplo, `(2, 2)`, e pode receber outro valor.

# %% exercise="stride-placement" difficulty=1 minutes=10
def move_stride(block):
    """from the 3x3 to the first 1x1 convolution, in place"""
    # pt: """da convolução 3x3 para a primeira 1x1, no próprio bloco"""
    ### BEGIN SOLUTION
    block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
    ### END SOLUTION


# %% check="stride-placement" points=2
checks.stride_placement(move_stride)

# %% [markdown] lang="en"
# <details><summary>Hint: “Now the image shrinks twice”</summary>
#
# Now both convolutions have the stride. Which of them must have 1?
# </details>
# <details><summary>Hint: “Now it does not shrink at all”</summary>
#
# Read the stride *before* you overwrite it.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Agora a imagem encolhe duas vezes”</summary>
#
# Agora as duas convoluções têm o passo. Qual delas precisa ter 1?
# </details>
# <details><summary>Dica: “Agora ela não encolhe mais”</summary>
#
# Leia o passo *antes* de sobrescrevê-lo.
# </details>

# %% [markdown] lang="en"
# ### The same weights, a different function
#
# Take the first block of stage 2 once more. A copy of it goes through your `move_stride`. Do the official weights still fit the copy? The table
# compares the two blocks layer by layer, as in lesson 03.

# %% [markdown] lang="pt"
# ### Os mesmos pesos, outra função
#
# Pegue mais uma vez o primeiro bloco do estágio 2. Uma cópia dele passa pela sua `move_stride`. Os pesos oficiais ainda se encaixam na cópia? A tabela compara os dois blocos camada por camada, como na lição 03.

# %%
moved = copy.deepcopy(theirs.layer2[0])
move_stride(moved)
print(moved.load_state_dict(theirs.layer2[0].state_dict(), strict=True))
first_divergence(moved, theirs.layer2[0], image)

# %% [markdown] lang="en"
# Every weight fits, the final shape is right, and there is no error message. But the output of `conv1` already has a different shape, and after it all numbers on the path of $F$ differ. Only the shortcut's output is the same. The weights do not store the stride. To find such a mistake, look inside, at the shape and numbers of each layer's output. That is what the course's checks compare.
#
# What does the whole net cost, in each version?

# %% [markdown] lang="pt"
# Todos os pesos se encaixam, a forma final está certa e nenhum erro aparece. Mas a saída de `conv1` já tem outra forma, e depois todos os números no caminho de $F$ diferem. Só a saída do atalho é igual. Os pesos não guardam o passo. Para achar esse erro, olhe para dentro: para a forma e os números da saída de cada camada. É isso que as verificações do curso comparam.
#
# Quanto custa a rede inteira, em cada versão?

# %% tags=["nbval-check-output"]
with torch.device("meta"):
    versions = {"v1.5": create_resnet("resnet50"), "v1": create_resnet("resnet50")}
for module in versions["v1"].modules():
    if isinstance(module, blocks.Bottleneck):
        move_stride(module)
cost_table(versions)

# %% claims=true
assert 455e6 < count_cost(versions["v1.5"]).flops - count_cost(versions["v1"]).flops < 465e6, {
    "en": "v1.5 costs 0.46 GFLOPs more",
    "pt": "A v1.5 custa 0,46 GFLOPs a mais",
}

# %% [markdown] lang="en"
# The parameters are the same. v1.5 costs 0.46 GFLOPs more, because in the first block of stages 2, 3 and 4 the first 1 × 1 works on
# the full-size image. Measuring the gain in accuracy would take too long
# here. NVIDIA trained both: on ImageNet, v1.5 has a top-1 error about half a percentage point lower, but gets through about 5% fewer images per second.
#
# So if one table says that ResNet-50 takes 3.8 billion operations (the paper's table 1; we count 3.86) and another says 4.1 billion, neither is wrong. Ask which version is meant, and which unit: the paper writes FLOPs but counts MACs.

# %% [markdown] lang="pt"
# Os parâmetros são os mesmos. A v1.5 custa 0,46 GFLOPs a mais, porque no primeiro bloco dos estágios 2, 3 e 4 a primeira 1 × 1
# trabalha na imagem não reduzida. Medir o ganho em acurácia
# levaria tempo demais. A NVIDIA treinou as duas e relata, para a v1.5, um erro top-1 na ImageNet cerca de meio ponto percentual menor e uma velocidade uns 5% menor, em imagens por segundo.
#
# Se uma tabela atribui 3,8 bilhões de operações à ResNet-50 (a tabela 1 do artigo; nós contamos 3,86) e outra, 4,1 bilhões, nenhuma está errada. Pergunte qual é a versão e qual é a unidade: o artigo escreve FLOPs, mas conta MACs.

# %% [markdown] lang="en"
# ## What you take with you
#
# - A convolution has $k^2 \cdot C_\text{in} \cdot C_\text{out} / g$ weights, and uses each once at every position of its output.
# - One multiply-add (MAC) is two FLOPs. Before you compare two tables, ask which unit each uses.
# - The bottleneck puts the large window where there are few channels: 1 × 1 reduces, 3 × 3 works, 1 × 1 expands.
# - For the price of a BasicBlock with 64 channels, a bottleneck has 256 channels and one more layer. (Projections cost extra.)
# - The stride belongs on the 3 × 3 (v1.5); in the authors' nets it was on the first 1 × 1. The weights fit both versions; the results differ.
#
# **Next:** in lesson 05 your blocks become a whole ResNet-50, with the official weights.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - Uma convolução tem $k^2 \cdot C_\text{in} \cdot C_\text{out} / g$ pesos, e usa cada um uma vez em cada posição da saída.
# - Um MAC equivale a dois FLOPs. Antes de comparar duas tabelas, pergunte que unidade cada uma usa.
# - O gargalo põe a janela grande onde os canais são poucos: 1 × 1 reduz, 3 × 3 trabalha, 1 × 1 expande.
# - Pelo preço de um BasicBlock de 64 canais, um gargalo tem 256 canais e uma camada a mais. (Projeções à parte.)
# - O passo fica na 3 × 3 (v1.5); nas redes dos autores, ficava na primeira 1 × 1. Os pesos servem às duas versões; os resultados diferem.
#
# **A seguir:** na lição 05, seus blocos viram uma ResNet-50 inteira, com os pesos oficiais.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): section 4.1 and
#   figure 5 are the source of this lesson; table 1 lists the whole nets.
# - NVIDIA, [ResNet50 v1.5 for PyTorch](https://ngc.nvidia.com/catalog/model-scripts/nvidia:resnet_50_v1_5_for_pytorch): the two
#   placements of the stride, compared.
# - Szegedy et al. (2015), [Rethinking the Inception Architecture](https://arxiv.org/abs/1512.00567): other ways to make large
#   windows cheap.
# - The [source of torchvision's ResNet](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py): the comment
#   in the class `Bottleneck` is about the stride.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): a seção 4.1 e a
#   figura 5 são a base desta lição; a tabela 1 traz as redes inteiras.
# - NVIDIA, [ResNet50 v1.5 for PyTorch](https://ngc.nvidia.com/catalog/model-scripts/nvidia:resnet_50_v1_5_for_pytorch): as duas
#   posições do passo, comparadas.
# - Szegedy et al. (2015), [Rethinking the Inception Architecture](https://arxiv.org/abs/1512.00567): outros jeitos de baratear
#   janelas grandes.
# - O [código da ResNet no torchvision](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py): o comentário
#   na classe `Bottleneck` é sobre o passo.

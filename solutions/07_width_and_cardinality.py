# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 07 · Width and cardinality: more than depth
#
# ResNets grew deeper and deeper. Then two papers asked whether there is nothing else to grow: wider layers, or more paths side by side.
#
# **You will be able to**
# - build the block of Wide ResNet and ResNeXt and prove that it is the official one;
# - show with numbers that a grouped convolution is a bundle of small convolutions;
# - compare nets at the same price, and say what a comparison shows and what it does not;
# - choose a net for the parameters, the time and the memory that you have.
#
# Plan for about 100 minutes; a laptop is enough.

# %% [markdown] lang="pt"
# # 07 · Largura e cardinalidade: não é só profundidade
#
# As ResNets ficaram cada vez mais profundas. Então dois artigos perguntaram se não há outra coisa que possa crescer: camadas mais largas, ou mais
# caminhos lado a lado.
#
# **Ao final, você saberá**
# - construir o bloco da Wide ResNet e da ResNeXt e provar que é o oficial;
# - mostrar com números que uma convolução agrupada é um feixe de convoluções pequenas;
# - comparar redes pelo mesmo preço e dizer o que uma comparação mostra e o que não mostra;
# - escolher uma rede para os parâmetros, o tempo e a memória que você tem.
#
# Reserve cerca de 100 minutos; um laptop comum basta.

# %% setup=true

# %%
from itertools import pairwise
from statistics import mean

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import get_model, get_model_weights
from torchvision.models.resnet import Bottleneck as OfficialBottleneck

from resnet_course import checks, data, plots, shapes
from resnet_course import resnet as reference
from resnet_course.blocks import conv1x1, conv3x3, make_shortcut
from resnet_course.cost import cost_table, count_cost, count_parameters, time_per_image
from resnet_course.experiments import small_net, train_nets, train_small_nets
from resnet_course.explorers import explore
from resnet_course.language import number
from resnet_course.predictions import compare_prediction, expect
from resnet_course.small_nets import WideResNet
from resnet_course.small_transformer import SmallTransformer, cut_into_tokens
from resnet_course.trade_offs import draw_dials, net_figures
from resnet_course.transfer import official_weights

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first: three dials
#
# A net of Bottlenecks, a bar for each block. It has three dials: how many blocks ([**depth**](glossary:depth)), how wide one path inside a block is
# ([**width**](glossary:width)), and how many such paths stand side by side ([**cardinality**](glossary:cardinality)). The inside is cardinality × width channels wide, so this dial *adds* paths. On the right, the price.
#
# 1. Set width 4 and cardinality 32: that is ResNeXt-50. What does it cost, beside ResNet-50?
# 2. Set width 128 and cardinality 1: Wide ResNet-50-2. And now?
# 3. Which dial doubles the price most quickly?

# %% [markdown] lang="pt"
# ## Primeiro, a figura: três botões
#
# Uma rede de gargalos, uma barra para cada bloco. Ela tem três botões: quantos blocos ([**profundidade**](glossary:depth)), a largura de um caminho dentro do bloco
# ([**largura**](glossary:width)) e quantos caminhos assim há lado a lado ([**cardinalidade**](glossary:cardinality)). O interior tem cardinalidade × largura canais; este botão, portanto, *acrescenta* caminhos. À direita, o preço.
#
# 1. Ponha largura 4 e cardinalidade 32: é a ResNeXt-50. Quanto ela custa, ao lado da ResNet-50?
# 2. Ponha largura 128 e cardinalidade 1: a Wide ResNet-50-2. E agora?
# 3. Que botão dobra o preço mais depressa?

# %%
explore(
    draw_dials,
    "07_width_and_cardinality.figures.dials",
    depth=[26, 50, 101, 152],
    width=[4, 8, 14, 24, 40, 64, 128],
    cardinality=[1, 2, 4, 8, 16, 32],
)

# %% [markdown] lang="en"
# Depth you know from lesson 05. This lesson turns the two other dials, one after the other.
#
# ## Width
#
# Zagoruyko and Komodakis (2016) took the nets for CIFAR-10 and made every stage $k$ times as wide: **WRN-d-k**, Wide ResNet of depth d with
# widening factor k.
#
# **Predict.** What happens to a WRN-28 if k goes from 1 to 2? Write by which factor each number grows, as a whole number.
#
# | key | number |
# |---|---|
# | `layers` | convolutions on the road |
# | `parameters` | parameters |
# | `macs` | multiply-adds |

# %% [markdown] lang="pt"
# A profundidade você conhece da lição 05. Esta lição gira os outros dois botões, um depois do outro.
#
# ## Largura
#
# Zagoruyko e Komodakis (2016) pegaram as redes para o CIFAR-10 e fizeram cada estágio $k$ vezes mais largo: **WRN-d-k**, a Wide ResNet de
# profundidade d com fator de alargamento k.
#
# **Preveja.** O que acontece com uma WRN-28 se k passa de 1 a 2? Escreva por que fator cada número cresce, como número inteiro.
#
# | chave | número |
# |---|---|
# | `layers` | convoluções no caminho |
# | `parameters` | parâmetros |
# | `macs` | MACs |

# %% predict="width"
### BEGIN SOLUTION
# was: width_prediction = {"layers": ..., "parameters": ..., "macs": ...}
width_prediction = {"layers": 1, "parameters": 4, "macs": 4}
### END SOLUTION

# %% [markdown] lang="en"
# Both nets are made and counted. (Only 3 × 3 convolutions are counted as layers: the 1 × 1 on the shortcuts stand beside the road.)

# %% [markdown] lang="pt"
# As duas redes são criadas e contadas. (Como camadas contam só as convoluções 3 × 3: as 1 × 1 dos atalhos ficam ao lado do caminho.)

# %% tags=["nbval-check-output"]
expect(width_prediction, {"layers": int, "parameters": int, "macs": int})

thin, wide = WideResNet(28, 1), WideResNet(28, 2)
convolutions = [
    sum(isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3) for m in net.modules())
    for net in (thin, wide)
]
costs_of_both = [count_cost(net, (1, 3, 32, 32)) for net in (thin, wide)]
grown = {
    "layers": round(convolutions[1] / convolutions[0]),
    "parameters": round(costs_of_both[1].parameters / costs_of_both[0].parameters),
    "macs": round(costs_of_both[1].macs / costs_of_both[0].macs),
}
compare_prediction(width_prediction, grown)

# %% [markdown] lang="en"
# **Explain.** A filter of the next layer sees twice as many channels, *and* there are twice as many filters: $2 \cdot 2 = 4$. Depth costs in
# proportion; width costs its square. (In the first figure twice the width cost less than four times as much: there only the inside of a Bottleneck gets wider, not its two ends.)

# %% [markdown] lang="pt"
# **Explique.** Um filtro da camada seguinte enxerga o dobro de canais, *e* há o dobro de filtros: $2 \cdot 2 = 4$. A profundidade custa em
# proporção; a largura custa o quadrado. (Na primeira figura, o dobro da largura custava menos que o quádruplo: lá só o interior do gargalo alarga, não as duas pontas.)

# %% [markdown] lang="en" banner="wrn-channels"
# ## Exercise 1 · `wrn_channels`
#
# *Why it matters:* one number tells a whole family of nets apart.
#
# Return the number of channels that leave each part of a Wide ResNet, as four whole numbers in this order. The factor widens the stages; the first
# convolution stays as it is.
#
# | part | ResNet for CIFAR-10 | Wide ResNet |
# |---|---|---|
# | first convolution | 16 | 16 |
# | stage 1 | 16 | 16 · k |
# | stage 2 | 32 | 32 · k |
# | stage 3 | 64 | 64 · k |

# %% [markdown] lang="pt" banner="wrn-channels"
# ## Exercício 1 · `wrn_channels`
#
# *Por que isso importa:* um só número distingue uma família inteira de redes.
#
# Devolva o número de canais que saem de cada parte de uma Wide ResNet, como quatro números inteiros nessa ordem. O fator alarga os estágios; a primeira
# convolução fica como está.
#
# | parte | ResNet para o CIFAR-10 | Wide ResNet |
# |---|---|---|
# | primeira convolução | 16 | 16 |
# | estágio 1 | 16 | 16 · k |
# | estágio 2 | 32 | 32 · k |
# | estágio 3 | 64 | 64 · k |

# %% exercise="wrn-channels" difficulty=1 minutes=6
def wrn_channels(widening_factor):
    ### BEGIN SOLUTION
    return [16, 16 * widening_factor, 32 * widening_factor, 64 * widening_factor]
    ### END SOLUTION


# %% check="wrn-channels" points=1
checks.wrn_channels(wrn_channels)

# %% [markdown] lang="en"
# <details><summary>Hint: “Does k multiply from stage to stage?”</summary>
#
# No. From stage to stage the channels double, in every ResNet. The factor comes on top, once in each stage: for k = 3 the stages have 48, 96 and 192.
# </details>
#
# ### The paper's largest
#
# Your widths beside those of the real WRN-28-10, and what it weighs:

# %% [markdown] lang="pt"
# <details><summary>Dica: “O k multiplica de um estágio a outro?”</summary>
#
# Não. De um estágio a outro os canais dobram, em toda ResNet. O fator vem por cima, uma vez em cada estágio: com k = 3, os estágios têm 48, 96 e 192.
# </details>
#
# ### A maior do artigo
#
# As suas larguras ao lado das da WRN-28-10 de verdade, e quanto ela pesa:

# %% tags=["nbval-check-output"]
with torch.device("meta"):  # shapes only, no numbers
# pt: with torch.device("meta"):  # só formas, sem números
    largest = WideResNet(28, 10)
stages = (largest.layer1, largest.layer2, largest.layer3)
widths = [largest.conv1.out_channels] + [stage[-1].conv2.out_channels for stage in stages]
print(f"{wrn_channels(10)=}  {widths=}  {count_parameters(largest)=:,}")
# pt: print(f"{wrn_channels(10)=}  larguras={widths!r}  parâmetros={count_parameters(largest):,}")

# %% [markdown] lang="en"
# Those 36.5 million parameters made 4.00 % errors on CIFAR-10 (Zagoruyko and Komodakis 2016). A ResNet of 1 001 layers and 10.2
# million parameters made 4.62 % (He et al. 2016). Both figures are the papers' own.
#
# Twenty-eight layers before a thousand! But look again: the wide net has more than three times as many parameters. How does the number grow with k?

# %% [markdown] lang="pt"
# Esses 36,5 milhões de parâmetros erraram 4,00% no CIFAR-10 (Zagoruyko e Komodakis 2016). Uma ResNet de 1.001 camadas e 10,2
# milhões de parâmetros errou 4,62% (He et al. 2016). Os dois números são dos próprios artigos.
#
# Vinte e oito camadas à frente de mil! Mas olhe de novo: a rede larga tem mais que o triplo dos parâmetros. Como esse número cresce com k?

# %%
with torch.device("meta"):
    millions = [count_parameters(WideResNet(28, k)) / 1e6 for k in range(1, 11)]
plots.lines(
    "07_width_and_cardinality.figures.growth",
    range(1, 11),
    {"counted": millions, "straight": [k * millions[0] for k in range(1, 11)]},
    colors={"counted": "residual", "straight": "neutral"},
    figures={"times": millions[9] / millions[0], "first": millions[0], "last": millions[9]},
)

# %% [markdown] lang="en"
# ## Deeper or wider, for the same price?
#
# A fair comparison spends the same. Here are four small nets for our digits. The last two cost nearly the same number of multiply-adds: one is deep and
# thin, the other shallow and twice as wide.

# %% [markdown] lang="pt"
# ## Mais profunda ou mais larga, pelo mesmo preço?
#
# Uma comparação justa gasta o mesmo. Aqui estão quatro redes pequenas para os nossos dígitos. As duas últimas custam quase o mesmo número de MACs: uma é
# profunda e estreita, a outra é rasa e tem o dobro da largura.

# %% tags=["nbval-check-output"]
names = ["residual-8", "residual-14", "residual-44", "residual-14-2"]
price = {name: count_cost(small_net(name), (1, 1, 28, 28)) for name in names}
for name in names:
    print(f"{name:14} {price[name].parameters=:9,} {price[name].macs / 1e6=:.2f}")
    # pt: print(f"{name:14} pesos={price[name].parameters:9,} MACs={price[name].macs / 1e6:.2f} mi")

# %% [markdown] lang="en"
# (`residual-14-2` has 14 layers and the widening factor 2.) **Predict:** each is trained three times, from other random weights. How large is the
# difference (`gap`) between the mean errors of `residual-44` and `residual-14-2` on unseen digits: is it `"below"` or `"above"` 2.5 percentage points?
#
# And which of the two answers sooner (`sooner`), if you show it a single digit: write its name.

# %% [markdown] lang="pt"
# (`residual-14-2` tem 14 camadas e o fator de alargamento 2.) **Preveja:** cada uma é treinada três vezes, a partir de outros pesos aleatórios. Qual é a
# diferença (`gap`) entre os erros médios da `residual-44` e da `residual-14-2` em dígitos nunca vistos: fica abaixo (`"below"`) ou acima (`"above"`) de 2,5 pontos
# percentuais?
#
# E qual das duas responde antes (`sooner`), se você lhe mostra um único dígito? Escreva o nome dela.

# %% predict="equal"
### BEGIN SOLUTION
# was: equal_prediction = {"gap": ..., "sooner": ...}
equal_prediction = {"gap": "below", "sooner": "residual-14-2"}
### END SOLUTION

# %% [markdown] lang="en"
# Twelve trainings with 1 500 digits, about half a minute in all:

# %% [markdown] lang="pt"
# Doze treinos com 1.500 dígitos, cerca de meio minuto ao todo:

# %%
expect(equal_prediction, {"gap": ["below", "above"], "sooner": ["residual-44", "residual-14-2"]})

runs = train_small_nets(names, seeds=[0, 1, 2], images=1500)
errors = {name: [run.validation_error for run in runs[name]] for name in names}
for name in names:
    print(f"{name:14}", *(f"{error:.1%}" for error in errors[name]))

# %%
plots.bars(
    "07_width_and_cardinality.figures.equal",
    errors,
    colors=dict.fromkeys(names, "residual"),
    percent=True,
    figures={name: 100 * mean(errors[name]) for name in names}
    | {f"{name}-macs": price[name].macs / 1e6 for name in names},
)

# %% [markdown] lang="en"
# Now the clock. One digit goes through each net several times; the bar below shows the milliseconds on your machine.

# %% [markdown] lang="pt"
# Agora o relógio. Um dígito passa algumas vezes por cada rede; a barra abaixo mostra os milissegundos na sua máquina.

# %%
pair = {name: runs[name][0].model.eval() for name in ("residual-44", "residual-14-2")}
seconds = time_per_image(pair, data.digit(7), repeats=15)
gap = abs(mean(errors["residual-44"]) - mean(errors["residual-14-2"]))
compare_prediction(
    equal_prediction,
    {"gap": "below" if gap < 0.025 else "above", "sooner": min(seconds, key=seconds.get)},
)

# %% [markdown] lang="en"
# **Explain.** One and the same net differs from seed to seed by as much as the two nets differ, or more. Look at the two thin lines: three seeds do *not* show that
# wide is better. Even if it wins with each of them: among equals that happens by chance once in eight times. The papers' difference is on CIFAR-10, with far longer training.
#
# What does show is time. Layers wait for each other; the channels of one layer are computed side by side. For the same multiply-adds the shallow net
# uses the machine better. That is the Wide ResNet paper's other argument.

# %% [markdown] lang="pt"
# **Explique.** Uma mesma rede varia de semente para semente tanto quanto as duas redes diferem, ou mais. Olhe as duas linhas finas: três sementes *não* mostram que
# mais larga é melhor. Mesmo que ela ganhe com as três: entre iguais, isso acontece por acaso uma vez em oito. A diferença dos artigos é no CIFAR-10, com um treino muito mais longo.
#
# O que aparece é o tempo. As camadas esperam umas pelas outras; os canais de uma camada são calculados lado a lado. Com os mesmos MACs, a rede rasa
# aproveita melhor a máquina. Esse é o outro argumento do artigo da Wide ResNet.

# %% [markdown] lang="en"
# ### Diminishing returns
#
# From 8 to 14 layers, for less than a million multiply-adds more, the error fell a lot; about four million more on top of that brought less. And on ImageNet? The cell
# goes through the family and asks at each step (one is special: which, and why?): how many points of accuracy came with each GMAC (a thousand million multiply-adds) more? Costs are counted; accuracies are torchvision's (V1).

# %% [markdown] lang="pt"
# ### Retornos decrescentes
#
# De 8 para 14 camadas, por menos de um milhão de MACs a mais, o erro caiu muito; outros quatro milhões, mais ou menos, renderam menos. E na ImageNet? A célula
# percorre a família e pergunta a cada passo (um deles é especial: qual, e por quê?): quantos pontos de acurácia vieram com cada GMAC (um bilhão de MACs) a mais? Os custos são contados; as acurácias são do torchvision (V1).

# %%
family = {f"resnet{depth}": net_figures(f"resnet{depth}") for depth in (18, 34, 50, 101, 152)}
returns = {}
for small, large in pairwise(family):
    points = family[large]["accuracy"] - family[small]["accuracy"]
    returns[f"{small} → {large}"] = points / (family[large]["gmacs"] - family[small]["gmacs"])
plots.bars(
    "07_width_and_cardinality.figures.returns",
    returns,
    colors=dict.fromkeys(returns, "residual"),
    figures={"most": returns["resnet34 → resnet50"], "least": returns["resnet101 → resnet152"]},
)

# %% [markdown] lang="en"
# The step from 34 to 50 stands out: there the block changes, not only the depth (lesson 04). Within the Bottleneck nets, from 50 to 101 and from 101 to 152, more of the same brings less and less.
#
# ## Cardinality
#
# Xie et al. (2017) turned the third dial. Inside a ResNeXt block the 3 × 3 convolution is [**grouped**](glossary:grouped-convolution): the channels are *split* into runs, each run
# is *transformed* by filters of its own, and the results are *merged* side by side.
#
# **Predict.** A 3 × 3 convolution takes 128 channels to 128. How many times fewer weights does it have with 32 groups? And how many of the 128
# channels does one filter see?
#
# | key | number |
# |---|---|
# | `times_fewer` | how many times fewer weights |
# | `channels_seen` | how many channels one filter sees |

# %% [markdown] lang="pt"
# O passo de 34 para 50 se destaca: ali muda o bloco, não só a profundidade (lição 04). Entre as redes de gargalos, de 50 para 101 e de 101 para 152, mais do mesmo rende cada vez menos.
#
# ## Cardinalidade
#
# Xie et al. (2017) giraram o terceiro botão. Dentro de um bloco da ResNeXt, a convolução 3 × 3 é [**agrupada**](glossary:grouped-convolution): os canais são *divididos* em trechos, cada
# trecho é *transformado* por filtros próprios, e os resultados são *juntados* lado a lado.
#
# **Preveja.** Uma convolução 3 × 3 leva 128 canais a 128. Com 32 grupos, quantas vezes menos pesos ela tem? E quantos dos 128 canais um
# filtro enxerga?
#
# | chave | número |
# |---|---|
# | `times_fewer` | quantas vezes menos pesos |
# | `channels_seen` | quantos canais um filtro enxerga |

# %% predict="groups"
### BEGIN SOLUTION
# was: groups_prediction = {"times_fewer": ..., "channels_seen": ...}
groups_prediction = {"times_fewer": 32, "channels_seen": 4}
### END SOLUTION

# %% [markdown] lang="en"
# Both layers are made and measured:

# %% [markdown] lang="pt"
# As duas camadas são criadas e medidas:

# %% tags=["nbval-check-output"]
expect(groups_prediction, {"times_fewer": int, "channels_seen": int})

dense, grouped = conv3x3(128, 128), conv3x3(128, 128, groups=32)
compare_prediction(
    groups_prediction,
    {
        "times_fewer": dense.weight.numel() // grouped.weight.numel(),
        "channels_seen": grouped.weight.shape[1],
    },
)

# %% [markdown] lang="en"
# **Explain.** Each filter sees only the channels of its own group: $128 / 32 = 4$. There are 128 filters as before, and each is 32 times smaller.

# %% [markdown] lang="pt"
# **Explique.** Cada filtro enxerga só os canais do seu grupo: $128 / 32 = 4$. Há 128 filtros como antes, cada um 32 vezes menor.

# %% [markdown] lang="en" banner="grouped-conv"
# ## Exercise 2 · `split_transform_merge`
#
# *Why it matters:* `groups=32` is one argument. What it does, you only know when you have done it without.
#
# Compute a grouped convolution from ordinary ones: `F.conv2d` without its argument `groups`, once for each path.
#
# | tensor | shape |
# |---|---|
# | `x` | `[N, C, H, W]` |
# | `weight` | `[C_out, C // groups, k, k]` |
# | result | `[N, C_out, H, W]` |
#
# 1. **Split** the channels of `x` into `groups` runs, and the filters as well.
# 2. **Transform** each run with its own filters; `padding=k // 2` keeps the size.
# 3. **Merge** the results along the channels.

# %% [markdown] lang="pt" banner="grouped-conv"
# ## Exercício 2 · `split_transform_merge`
#
# *Por que isso importa:* `groups=32` é um argumento. O que ele faz, só sabe quem já o fez sem ele.
#
# Calcule uma convolução agrupada a partir de convoluções comuns: `F.conv2d` sem o argumento `groups`, uma vez para cada caminho.
#
# | tensor | forma |
# |---|---|
# | `x` | `[N, C, H, W]` |
# | `weight` | `[C_out, C // groups, k, k]` |
# | resultado | `[N, C_out, H, W]` |
#
# 1. **Divida** os canais de `x` em `groups` trechos, e os filtros também.
# 2. **Transforme** cada trecho com os filtros dele; `padding=k // 2` mantém o tamanho.
# 3. **Junte** os resultados ao longo dos canais.

# %% exercise="grouped-conv" difficulty=3 minutes=18
def split_transform_merge(x, weight, groups):
    """[N, C, H, W] -> [N, C_out, H, W]"""
    ### BEGIN SOLUTION
    padding = weight.shape[-1] // 2
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    paths = [F.conv2d(*path, padding=padding) for path in zip(parts, filters, strict=True)]
    return torch.cat(paths, dim=1)
    ### END SOLUTION


# %% check="grouped-conv" points=3
checks.grouped_conv(split_transform_merge)

# %% [markdown] lang="en"
# <details><summary>Hint: “How do I split a tensor?”</summary>
#
# `x.chunk(4, dim=1)` cuts dimension 1 into four runs of the same size and returns them as a tuple. `zip(parts, filters)` goes through both tuples together.
# </details>
# <details><summary>Hint: “expected input to have 2 channels, but got 6 channels instead”</summary>
#
# Each filter sees `C // groups` channels. Which part of `x` did this `conv2d` get? And did you cut dimension 1, the channels, or dimension 0, the images?
# </details>
# <details><summary>Hint: “My output has too many channels”</summary>
#
# Every path uses all filters. The filters have to be split too, along dimension 0.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como divido um tensor?”</summary>
#
# `x.chunk(4, dim=1)` corta a dimensão 1 em quatro trechos do mesmo tamanho e os devolve em uma tupla. `zip(parts, filters)` percorre as duas tuplas juntas.
# </details>
# <details><summary>Dica: “expected input to have 2 channels, but got 6 channels instead”</summary>
#
# Cada filtro enxerga `C // groups` canais. Que parte de `x` este `conv2d` recebeu? E você cortou a dimensão 1, os canais, ou a dimensão 0, as imagens?
# </details>
# <details><summary>Dica: “Minha saída tem canais demais”</summary>
#
# Todo caminho usa todos os filtros. Os filtros também precisam ser divididos, na dimensão 0.
# </details>

# %% [markdown] lang="en"
# ### Three ways to write one block
#
# The paper draws the block in three forms (figure 3) and says that they are the same. Let us see. With 32 paths of width 4, on 256 channels:
#
# - **(a)** each path by itself: 256 → 4 → 4 → 256, and the 32 results are *added*;
# - **(b)** each path 256 → 4 → 4, the results side by side, then one 1 × 1 convolution 128 → 256;
# - **(c)** 256 → 128, a grouped 3 × 3 convolution, 128 → 256.
#
# The weights are the same numbers each time, in double precision (without BatchNorm and ReLU, which work channel by channel).

# %% [markdown] lang="pt"
# ### Três maneiras de escrever um bloco
#
# O artigo desenha o bloco em três formas (figura 3) e diz que são a mesma. Vejamos. Com 32 caminhos de largura 4, em 256 canais:
#
# - **(a)** cada caminho por si: 256 → 4 → 4 → 256, e os 32 resultados são *somados*;
# - **(b)** cada caminho 256 → 4 → 4, os resultados lado a lado, depois uma só convolução 1 × 1 128 → 256;
# - **(c)** 256 → 128, uma convolução 3 × 3 agrupada, 128 → 256.
#
# Os pesos são sempre os mesmos números, em precisão dupla (sem BatchNorm nem ReLU, que trabalham canal por canal).

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
x = torch.randn(1, 256, 14, 14).double()
reduce, middle, expand = (
    torch.randn(*sizes).double()
    for sizes in ((128, 256, 1, 1), (128, 4, 3, 3), (256, 128, 1, 1))
)
paths = [slice(4 * i, 4 * i + 4) for i in range(32)]
inner = [F.conv2d(F.conv2d(x, reduce[path]), middle[path], padding=1) for path in paths]

# %% [markdown] lang="en"
# The list `inner` holds what the 32 paths give before their last step. The three forms differ from there on. Are the largest differences below a millionth of a millionth of the
# largest number?

# %% [markdown] lang="pt"
# A lista `inner` guarda o que os 32 caminhos dão antes do último passo. Daí em diante as três formas diferem. As maiores diferenças ficam abaixo de um milionésimo de milionésimo do
# maior número?

# %% tags=["nbval-check-output"]
form_a = sum(F.conv2d(each, expand[:, path]) for each, path in zip(inner, paths, strict=True))
form_b = F.conv2d(torch.cat(inner, dim=1), expand)
form_c = F.conv2d(F.conv2d(F.conv2d(x, reduce), middle, padding=1, groups=32), expand)

for name, form in {"a": form_a, "b": form_b}.items():
    difference = ((form - form_c).abs().max() / form_c.abs().max()).item()
    print(f"{name} against c: {difference < 1e-12 = }")
    # pt: print(f"{name} e c: diferença < 1e-12: {difference < 1e-12!r}")

# %% [markdown] lang="en"
# The same, up to rounding in the last digits. And a fourth view: a grouped convolution is an *ordinary* one most of whose weights are zeros. The cell writes four groups
# into the weights of a dense convolution, compares, and draws them: a row for each filter, a column for each channel, each square the mean of its 3 × 3 weights; on the right, a part enlarged.

# %% [markdown] lang="pt"
# O mesmo, a menos do arredondamento nos últimos algarismos. E uma quarta visão: uma convolução agrupada é uma convolução *comum* com quase todos os pesos iguais a zero. A célula
# escreve quatro grupos nos pesos de uma convolução densa, compara e os desenha: uma linha para cada filtro, uma coluna para cada canal, cada quadrado a média dos seus 3 × 3 pesos; à direita, uma parte ampliada.

# %%
torch.manual_seed(0)
weight, features = torch.rand(32, 8, 3, 3), torch.randn(1, 32, 14, 14)
dense = torch.zeros(32, 32, 3, 3)
for i in range(4):
    dense[8 * i : 8 * i + 8, 8 * i : 8 * i + 8] = weight[8 * i : 8 * i + 8]
mine = split_transform_merge(features, weight, groups=4)
print(torch.allclose(mine, F.conv2d(features, dense, padding=1), atol=1e-4))
plots.image(
    "07_width_and_cardinality.figures.block-diagonal",
    dense.mean(dim=(2, 3))[None, None],
    figures={"channels": 32, "zero": 100 * (dense == 0).float().mean().item()},
)

# %% [markdown] lang="en"
# So a group costs freedom: the filters of one path never see the channels of another. Only the 1 × 1 convolutions mix them. What is saved buys width: at the price of
# 64 dense channels a ResNeXt block has 128.

# %% [markdown] lang="pt"
# Um grupo, portanto, custa liberdade: os filtros de um caminho nunca enxergam os canais de outro. Só as convoluções 1 × 1 os misturam. O que se poupa compra largura: pelo
# preço de 64 canais densos, um bloco da ResNeXt tem 128.

# %% [markdown] lang="en" banner="resnext-block"
# ## Exercise 3 · one Bottleneck for all
#
# *Why it matters:* two numbers turn the block of ResNet into that of ResNeXt or Wide ResNet. torchvision has one class for all of them, and so will you.
#
# Here is the Bottleneck of lesson 04 with two new arguments that do nothing yet. Make them work:
#
# - the **width** inside is `int(planes * (base_width / 64)) * groups`; it takes the place of `planes` in `conv1`, `bn1`, `conv2`, `bn2` and in what enters `conv3`;
# - `conv2` gets the **groups**; `conv3x3` has an argument for it;
# - the output keeps its `planes * expansion` channels.
#
# `base_width` is the width of one path in the first stage, where `planes` is 64; later stages have more `planes`, and wider paths.
#
# | net | `groups` | `base_width` | width for `planes = 64` |
# |---|---|---|---|
# | ResNet-50 | 1 | 64 | 64 |
# | ResNeXt-50 32×4d | 32 | 4 | 128 |
# | Wide ResNet-50-2 | 1 | 128 | 128 |

# %% [markdown] lang="pt" banner="resnext-block"
# ## Exercício 3 · um gargalo para todas
#
# *Por que isso importa:* dois números transformam o bloco da ResNet no da ResNeXt ou no da Wide ResNet. O torchvision tem uma classe para todos, e você também terá.
#
# Este é o gargalo da lição 04 com dois argumentos novos que ainda não fazem nada. Faça com que funcionem:
#
# - a **largura** interna é `int(planes * (base_width / 64)) * groups`; ela toma o lugar de `planes` em `conv1`, `bn1`, `conv2`, `bn2` e no que entra em `conv3`;
# - `conv2` recebe os **grupos**; `conv3x3` tem um argumento para isso;
# - a saída continua com `planes * expansion` canais.
#
# `base_width` é a largura de um caminho no primeiro estágio, onde `planes` é 64; os estágios seguintes têm mais `planes` e caminhos mais largos.
#
# | rede | `groups` | `base_width` | largura para `planes = 64` |
# |---|---|---|---|
# | ResNet-50 | 1 | 64 | 64 |
# | ResNeXt-50 32×4d | 32 | 4 | 128 |
# | Wide ResNet-50-2 | 1 | 128 | 128 |

# %% exercise="resnext-block" difficulty=3 minutes=20
class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inplanes, planes, stride=1, downsample=None, groups=1, base_width=64):
        super().__init__()
        ### BEGIN SOLUTION
        # was: width = planes  # TODO: the width inside
        # pt: # was: width = planes  # TODO: a largura interna
        # was: self.conv1 = conv1x1(inplanes, planes)
        # was: self.bn1 = nn.BatchNorm2d(planes)
        # was: self.conv2 = conv3x3(planes, planes, stride)
        # was: self.bn2 = nn.BatchNorm2d(planes)
        # was: self.conv3 = conv1x1(planes, planes * self.expansion)
        # was: self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        width = int(planes * (base_width / 64)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width, stride, groups)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        ### END SOLUTION
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x):
        """[N, inplanes, H, W] -> [N, planes * 4, ceil(H / stride), ceil(W / stride)]"""
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return self.relu(out + identity)


# %% check="resnext-block" points=4
checks.resnext_block(Bottleneck)

# %% [markdown] lang="en"
# <details><summary>Hint: “Where do I begin?”</summary>
#
# Compute `width` in the first line. Then go through the six layers and ask of each `planes`: is that the inside or the output?
# </details>
# <details><summary>Hint: “in_channels must be divisible by groups”</summary>
#
# Which convolution has the groups? Only `conv2`, whose channels are `width` on both sides. And `width` must be a multiple of `groups`: round down with
# `int(…)` *before* you multiply by `groups`.
# </details>
# <details><summary>Hint: “must be tuple of ints, but found element of type float”</summary>
#
# A number of channels has become a decimal number. `/` always makes one; `int(…)` around the product makes it whole.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Por onde começo?”</summary>
#
# Calcule `width` na primeira linha. Depois percorra as seis camadas e pergunte de cada `planes`: é o interior ou a saída?
# </details>
# <details><summary>Dica: “in_channels must be divisible by groups”</summary>
#
# Que convolução tem os grupos? Só `conv2`, cujos canais são `width` dos dois lados. E `width` precisa ser um múltiplo de `groups`: arredonde
# para baixo com `int(…)` *antes* de multiplicar por `groups`.
# </details>
# <details><summary>Dica: “must be tuple of ints, but found element of type float”</summary>
#
# Um número de canais ficou decimal. `/` sempre dá um; `int(…)` em volta do produto o torna inteiro.
# </details>

# %% [markdown] lang="en"
# ### Your block beside the official ones
#
# Three of torchvision's own blocks, with random weights: of ResNet-50, ResNeXt-50 and Wide ResNet-50-2. Yours get their weights by name. The largest difference:

# %% [markdown] lang="pt"
# ### O seu bloco ao lado dos oficiais
#
# Três blocos do próprio torchvision, com pesos aleatórios: da ResNet-50, da ResNeXt-50 e da Wide ResNet-50-2. Os seus recebem os pesos deles pelo nome. A maior diferença:

# %% tags=["nbval-check-output"]
image = torch.randn(1, 256, 28, 28)
for groups, base_width in ((1, 64), (32, 4), (1, 128)):
    sizes = {"stride": 2, "groups": groups, "base_width": base_width}
    mine, theirs = (
        block(256, 128, downsample=make_shortcut(256, 512, 2), **sizes).eval()
        for block in (Bottleneck, OfficialBottleneck)
    )
    print(mine.load_state_dict(theirs.state_dict()))
    print((mine(image) - theirs(image)).abs().max().item())

# %% [markdown] lang="en"
# And a whole net: the ResNet of lesson 05 made of your blocks takes the official weights of ResNeXt-50 (or random ones, without a network) with `strict=True`:

# %% [markdown] lang="pt"
# E uma rede inteira: a ResNet da lição 05, feita com os seus blocos, recebe os pesos oficiais da ResNeXt-50 (ou aleatórios, sem internet) com `strict=True`:

# %% tags=["nbval-check-output"]
weights, _ = official_weights("resnext50_32x4d")
mine = reference.ResNet(Bottleneck, [3, 4, 6, 3], groups=32, base_width=4)
print(mine.load_state_dict(weights, strict=True))
theirs = get_model("resnext50_32x4d", weights=None)
_ = theirs.load_state_dict(weights)
photo = torch.randn(1, 3, 224, 224)
with torch.no_grad():
    print((mine.eval()(photo) - theirs.eval()(photo)).abs().max().item())

# %% [markdown] lang="en"
# Zero. ResNeXt-50 *is* ResNet-50 with two other numbers. (And Wide ResNet-50-2 is the Bottleneck of lesson 04 with twice the width inside. The WRN-28-10 of above has another block, of two 3 × 3 convolutions.)
#
# ## One unit in each column
#
# A table says, in its column “GFLOPs”: ResNet-50 has 8.2, ResNeXt-50 has 4.2. **Predict:** what does ResNeXt-50 really cost, beside ResNet-50? `"half"`, `"the same"` or `"double"`?

# %% [markdown] lang="pt"
# Zero. A ResNeXt-50 *é* a ResNet-50 com dois outros números. (E a Wide ResNet-50-2 é o gargalo da lição 04 com o interior duas vezes mais largo. A WRN-28-10 do início usa outro bloco, com duas convoluções 3 × 3.)
#
# ## Uma unidade por coluna
#
# Uma tabela diz, na coluna “GFLOPs”: a ResNet-50 tem 8,2, a ResNeXt-50 tem 4,2. **Preveja:** quanto custa de verdade a ResNeXt-50, ao lado da ResNet-50? A metade (`"half"`), o
# mesmo (`"the same"`) ou o dobro (`"double"`)?

# %% predict="units"
### BEGIN SOLUTION
# was: units_prediction = {"resnext50": ...}
units_prediction = {"resnext50": "the same"}
### END SOLUTION

# %% [markdown] lang="en"
# Both are counted in the same unit, and the table's two numbers are compared with what was counted:

# %% [markdown] lang="pt"
# As duas são contadas na mesma unidade, e os dois números da tabela são comparados com o que foi contado:

# %% tags=["nbval-check-output"]
expect(units_prediction, {"resnext50": ["half", "the same", "double"]})

said = {"resnet50": 8.2, "resnext50_32x4d": 4.2}
for name, figure in said.items():
    gmacs = net_figures(name)["gmacs"]
    unit = "FLOPs" if abs(figure - 2 * gmacs) < abs(figure - gmacs) else "MACs"
    print(f"{name:16} {figure=} {gmacs=} → {unit}")
    # pt: print(f"{name:16} número={figure!r} {gmacs=} → {unit}")
ratio = net_figures("resnext50_32x4d")["gmacs"] / net_figures("resnet50")["gmacs"]
verdict = "half" if ratio < 0.75 else "the same" if ratio < 1.5 else "double"
compare_prediction(units_prediction, {"resnext50": verdict})

# %% [markdown] lang="en"
# **Explain.** One row was in FLOPs, the other in MACs. A multiply-add is *two* floating-point operations, and some sources write “FLOPs” for multiply-adds: copied from two sources, the
# numbers of one column no longer compare. Even torchvision's own documentation says “GFLOPS” where it counts MACs.
#
# Here is the table with one unit in each column. Costs are counted here; *paper* is the top-1 error in % of Xie et al. (2017), table 3, one crop; `V1` that of torchvision's weights, from their
# own description.

# %% [markdown] lang="pt"
# **Explique.** Uma linha estava em FLOPs, a outra em MACs. Um MAC são *duas* operações de ponto flutuante, e algumas fontes escrevem “FLOPs” para MACs: copiados de duas fontes, os
# números de uma coluna já não se comparam. Até a própria documentação do torchvision diz “GFLOPS” onde conta MACs.
#
# Esta é a tabela com uma unidade por coluna. Os custos são contados aqui; *artigo* é o erro *top-1*, em %, de Xie et al. (2017), tabela 3, um recorte; `V1`, o dos pesos do torchvision, tirado da
# descrição deles.

# %% tags=["nbval-check-output"]
rivals = ["resnet50", "resnext50_32x4d", "wide_resnet50_2"]
table = cost_table(rivals)
table["paper"] = [number(23.9, ".1f"), number(22.2, ".1f"), "–"]  # top-1 error in %
# pt: table["artigo"] = [number(23.9, ".1f"), number(22.2, ".1f"), "–"]  # erro top-1 em %
table["V1"] = [number(100 - net_figures(name)["accuracy"], ".2f") for name in rivals]
operations = [get_model_weights(name)["IMAGENET1K_V1"].meta["_ops"] for name in rivals]
table["torchvision “GFLOPS”"] = [number(each, ".2f") for each in operations]
table

# %% [markdown] lang="en"
# For 3 % more multiply-adds, ResNeXt-50 makes about a point and a half fewer errors. Wide ResNet-50-2 is better still, and costs nearly three times as much.
#
# ## What the table does not say: memory and time
#
# Training keeps what every layer gave until the backward pass. **Predict:** which of the three keeps *least* for each photo (`least`)? Write `"resnet50"`, `"resnext50_32x4d"` or `"wide_resnet50_2"`.

# %% [markdown] lang="pt"
# Com 3% a mais de MACs, a ResNeXt-50 erra cerca de um ponto e meio a menos. A Wide ResNet-50-2 é ainda melhor, e custa quase o triplo.
#
# ## O que a tabela não diz: memória e tempo
#
# O treino guarda o que cada camada deu até a passagem de volta. **Preveja:** qual das três guarda *menos* para cada foto (`least`)? Escreva `"resnet50"`, `"resnext50_32x4d"` ou `"wide_resnet50_2"`.

# %% predict="memory"
### BEGIN SOLUTION
# was: memory_prediction = {"least": ...}
memory_prediction = {"least": "resnet50"}
### END SOLUTION

# %% [markdown] lang="en"
# Counted, without computing anything: each tensor that the backward pass will ask for, in float32.

# %% [markdown] lang="pt"
# Contado, sem calcular nada: cada tensor de que a passagem de volta vai precisar, em float32.

# %%
expect(memory_prediction, {"least": ["resnet50", "resnext50_32x4d", "wide_resnet50_2"]})

memory = {name: net_figures(name)["memory"] for name in rivals}
compare_prediction(memory_prediction, {"least": min(memory, key=memory.get)})

# %%
plots.bars(
    "07_width_and_cardinality.figures.memory",
    memory,
    colors=dict.fromkeys(memory, "residual"),
    figures={"memory": memory["resnext50_32x4d"], "base": memory["resnet50"]},
)

# %% [markdown] lang="en"
# **Explain.** Memory follows the *channels*, and ResNeXt-50 and Wide ResNet-50-2 have twice as many inside. Groups save weights and multiply-adds, not activations: at the price of ResNet-50, ResNeXt-50 needs more memory.
#
# And time? One photo through each net; the bar shows your machine's milliseconds. Multiply-adds are only a guide: sometimes ResNeXt-50 takes longer than 3 % more of them would suggest. Does it on your machine?

# %% [markdown] lang="pt"
# **Explique.** A memória segue os *canais*, e a ResNeXt-50 e a Wide ResNet-50-2 têm o dobro no interior. Grupos poupam pesos e MACs, não ativações: pelo preço da ResNet-50, a ResNeXt-50 precisa de mais memória.
#
# E o tempo? Uma foto por cada rede; a barra mostra os milissegundos da sua máquina. Os MACs são só um guia: às vezes a ResNeXt-50 demora mais do que 3% a mais de MACs fariam esperar. E na sua máquina?

# %%
nets = {name: reference.create_resnet(name).eval() for name in rivals}
photo_seconds = time_per_image(nets, photo, repeats=3)

# %% tags=["nbval-check-output"]
print(f"{max(photo_seconds, key=photo_seconds.get)=}")

# %% [markdown] lang="en" banner="trade-off"
# ## Exercise 4 · `choose_net`
#
# *Why it matters:* the best net is the best one *that fits*. In practice the limits come first.
#
# `choose_net(nets, limits)` returns the name of a net, or `None`.
#
# | argument | what it is |
# |---|---|
# | `nets` | a dict from names to figures: `{"resnet18": {"parameters": 11.69, "gmacs": 1.81, "memory": 21.2, "accuracy": 69.758}, …}` |
# | `limits` | a dict from costs to the most allowed: `{"gmacs": 5, "memory": 100}`; what is not in it has no limit |
#
# Of the nets that exceed no limit, return the one with the highest `"accuracy"`; of equally accurate ones, that with the fewest `"gmacs"`. If none fits, `None`.

# %% [markdown] lang="pt" banner="trade-off"
# ## Exercício 4 · `choose_net`
#
# *Por que isso importa:* a melhor rede é a melhor *que cabe*. Na prática, os limites vêm primeiro.
#
# `choose_net(nets, limits)` devolve o nome de uma rede, ou `None`.
#
# | argumento | o que é |
# |---|---|
# | `nets` | um dicionário de nomes para números: `{"resnet18": {"parameters": 11.69, "gmacs": 1.81, "memory": 21.2, "accuracy": 69.758}, …}` |
# | `limits` | um dicionário de custos para o máximo permitido: `{"gmacs": 5, "memory": 100}`; o que não está nele não tem limite |
#
# Entre as redes que não passam de nenhum limite, devolva a de maior `"accuracy"`; entre igualmente precisas, a que tem menos `"gmacs"`. Se nenhuma cabe, `None`.

# %% exercise="trade-off" difficulty=2 minutes=12
def choose_net(nets, limits):
    ### BEGIN SOLUTION
    fitting = [
        name
        for name, net in nets.items()
        if all(net[cost] <= limit for cost, limit in limits.items())
    ]

    def worth(name):
        return nets[name]["accuracy"], -nets[name]["gmacs"]

    return max(fitting, key=worth, default=None)
    ### END SOLUTION


# %% check="trade-off" points=2
checks.trade_off(choose_net)

# %% [markdown] lang="en"
# <details><summary>Hint: “How do I go through limits that I don't know?”</summary>
#
# `for cost, limit in limits.items()` goes through those that there are. A net fits if `net[cost] <= limit` for *all* of them.
# </details>
# <details><summary>Hint: “How do I get the best of a list of names?”</summary>
#
# `max(names, key=lambda name: nets[name]["accuracy"])`. A key may be a pair, `(first, second)`: the second decides where the first is equal. `max` takes the *largest*; to prefer the smaller one, put a minus sign. `default=None` is for the empty list.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como percorro limites que não conheço?”</summary>
#
# `for cost, limit in limits.items()` percorre os que existem. Uma rede cabe se `net[cost] <= limit` para *todos* eles.
# </details>
# <details><summary>Dica: “Como acho o melhor de uma lista de nomes?”</summary>
#
# `max(names, key=lambda name: nets[name]["accuracy"])`. A chave pode ser um par, `(first, second)`: o segundo decide onde o primeiro é igual. `max` fica com o *maior*; para preferir o menor, ponha um sinal de menos. `default=None` serve para a lista vazia.
# </details>

# %% [markdown] lang="en"
# ### When *not* to take a big ResNet
#
# Seven nets to choose from, with their figures, for a photo of 224 × 224: parameters in millions, GMACs (thousand million multiply-adds), MiB of activations, accuracy in % (torchvision, V1).

# %% [markdown] lang="pt"
# ### Quando *não* usar uma ResNet grande
#
# Sete redes para escolher, com seus números, para uma foto de 224 × 224: parâmetros em milhões, GMACs (bilhões de MACs), MiB de ativações, acurácia em % (torchvision, V1).

# %% tags=["nbval-check-output"]
candidates = family | {name: net_figures(name) for name in rivals}
costs = {
    name: {part: number(each, ".2f") for part, each in net.items()}
    for name, net in candidates.items()
}
shapes.table([{"net": name, **each} for name, each in costs.items()])
# pt: shapes.table([{"rede": name, **each} for name, each in costs.items()])

# %% [markdown] lang="en"
# Four situations. **Predict** what your function will choose.
#
# | key | situation | limits |
# |---|---|---|
# | `phone` | an app may be 60 MB larger: 15 million weights | `{"parameters": 15}` |
# | `camera` | a small computer must look at many photos a second | `{"gmacs": 4}` |
# | `training` | a small GPU: 100 MiB of activations a photo | `{"memory": 100}` |
# | `server` | 5 GMACs a photo, memory is no question | `{"gmacs": 5}` |

# %% [markdown] lang="pt"
# Quatro situações. **Preveja** o que a sua função vai escolher.
#
# | chave | situação | limites |
# |---|---|---|
# | `phone` | um aplicativo pode crescer 60 MB: 15 milhões de pesos | `{"parameters": 15}` |
# | `camera` | um computador pequeno precisa olhar muitas fotos por segundo | `{"gmacs": 4}` |
# | `training` | uma GPU pequena: 100 MiB de ativações por foto | `{"memory": 100}` |
# | `server` | 5 GMACs por foto, a memória não importa | `{"gmacs": 5}` |

# %% predict="situations"
### BEGIN SOLUTION
# was: situations_prediction = {"phone": ..., "camera": ..., "training": ..., "server": ...}
situations_prediction = {
    "phone": "resnet18",
    "camera": "resnet34",
    "training": "resnet50",
    "server": "resnext50_32x4d",
}
### END SOLUTION

# %% tags=["nbval-check-output"]
expect(
    situations_prediction,
    {key: list(candidates) for key in ("phone", "camera", "training", "server")},
)

situations = {
    "phone": {"parameters": 15},
    "camera": {"gmacs": 4},
    "training": {"memory": 100},
    "server": {"gmacs": 5},
}
chosen = {name: choose_net(candidates, limits) for name, limits in situations.items()}
compare_prediction(situations_prediction, chosen)

# %% [markdown] lang="en"
# **Explain.** Not once the largest. And one limit is in no table: your **task**. On our digits 44 layers cost eight times as much as 8 (the bars above): whoever is content with the
# small net's errors saves the rest. And for few labelled images there is something better than a bigger net: a pre-trained one (lesson 06).

# %% [markdown] lang="pt"
# **Explique.** Nem uma vez a maior. E um limite não está em tabela nenhuma: a sua **tarefa**. Nos nossos dígitos, a rede de 44 camadas custa oito vezes a de 8 (as barras acima): quem se contenta com os
# erros da rede pequena poupa o resto. E, para poucas imagens rotuladas, há algo melhor que uma rede maior: uma pré-treinada (lição 06).

# %% [markdown] lang="en"
# ## Beyond images: the shortcut in a Transformer
#
# Language models are made of [Transformers](glossary:transformer) (Vaswani et al. 2017), often dozens of blocks deep (GPT-3 has 96: Brown et al. 2020). Each block has two steps. In the [*attention*](glossary:attention) each token looks at all others and gathers what it needs;
# so the strips of an image exchange information. Then a small net works on each token. Around each step there is … a shortcut. Does it matter there too?
#
# Our digits become sentences of 14 words: every two rows of pixels are one [**token**](glossary:token). (The gaps only part the tokens.)

# %% [markdown] lang="pt"
# ## Além das imagens: o atalho em um Transformer
#
# Modelos de linguagem são feitos de [Transformers](glossary:transformer) (Vaswani et al. 2017), muitas vezes com dezenas de blocos (o GPT-3 tem 96: Brown et al. 2020). Cada bloco tem dois passos. Na [*atenção*](glossary:attention), cada token olha para todos os outros e junta o que lhe
# interessa; é assim que as faixas da imagem trocam informação. Depois, uma rede pequena trabalha em cada token. Em volta de cada passo há… um atalho. Ele importa lá também?
#
# Os nossos dígitos viram frases de 14 palavras: cada duas linhas de pixels são um [**token**](glossary:token). (Os vãos só separam os tokens.)

# %%
tokens = cut_into_tokens(data.digit(7))
strips = F.pad(tokens.reshape(14, 2, 28), (0, 0, 0, 1), value=torch.nan)  # a gap below each
# pt: strips = F.pad(tokens.reshape(14, 2, 28), (0, 0, 0, 1), value=torch.nan)  # um vão sob cada uma
plots.image(
    "07_width_and_cardinality.figures.tokens",
    strips.reshape(1, 1, 42, 28),
    figures={"tokens": tokens.shape[1], "pixels": tokens.shape[2]},
)

# %% [markdown] lang="en"
# **Predict.** Four small Transformers learn the digits, with 2 and with 8 blocks, with shortcuts and without. Which of them still get *more than half* of their own training images wrong at the end? Write `True` or `False`.

# %% [markdown] lang="pt"
# **Preveja.** Quatro Transformers pequenos aprendem os dígitos, com 2 e com 8 blocos, com atalhos e sem. Quais deles ainda erram, no fim, *mais da metade* das próprias imagens de treino? Escreva `True` ou `False`.

# %% predict="transformer"
### BEGIN SOLUTION
# was: transformer_prediction = {
# was:     "plain-2": ..., "residual-2": ..., "plain-8": ..., "residual-8": ...
# was: }
transformer_prediction = {
    "plain-2": False, "residual-2": False, "plain-8": True, "residual-8": False
}
### END SOLUTION

# %% [markdown] lang="en"
# Five epochs with 2 000 digits, trained now: about a quarter of a minute.

# %% [markdown] lang="pt"
# Cinco épocas com 2.000 dígitos, treinadas agora: cerca de quinze segundos.

# %%
expect(
    transformer_prediction,
    dict.fromkeys(("plain-2", "residual-2", "plain-8", "residual-8"), bool),
)

transformers = {
    "plain-2": lambda: SmallTransformer(2, shortcut=False),
    "residual-2": lambda: SmallTransformer(2),
    "plain-8": lambda: SmallTransformer(8, shortcut=False),
    "residual-8": lambda: SmallTransformer(8),
}
trained = train_nets(transformers, seeds=[0], images=2000)
wrong = {name: run.train_error for name, (run,) in trained.items()}
compare_prediction(transformer_prediction, {name: error > 0.5 for name, error in wrong.items()})

# %%
plots.bars(
    "07_width_and_cardinality.figures.transformer",
    wrong,
    percent=True,
    figures={name: 100 * error for name, error in wrong.items()}
    | {"without": 100 * wrong["plain-8"], "with": 100 * wrong["residual-8"]},
)

# %% [markdown] lang="en"
# **Explain.** With two blocks both learn. With eight, the one without shortcuts hardly moves, on the images that it trains on: the degradation of lesson 01, in a net without a single convolution. (The course's tests repeat it with three seeds.)
#
# It is a demonstration, no more: 14 tokens are no language, and eight blocks with shortcuts are no better here than two.

# %% [markdown] lang="pt"
# **Explique.** Com dois blocos, os dois aprendem. Com oito, o que não tem atalhos quase não sai do lugar, nas próprias imagens em que treina: a degradação da lição 01, em uma rede sem uma única convolução. (Os testes do curso o repetem com três sementes.)
#
# É uma demonstração, nada mais: 14 tokens não são uma língua, e oito blocos com atalhos não são melhores aqui do que dois.

# %% [markdown] lang="en"
# ## What you take with you
#
# - Three dials: depth costs in proportion; width its square, where input and output both widen; groups save what width costs.
# - A grouped convolution is split, transform, merge; and a dense one with zeros off the diagonal.
# - `groups` and `base_width` make ResNet, ResNeXt and Wide ResNet of one block.
# - Compare at equal cost, with several seeds, in one unit. A gap smaller than the spread is no finding.
# - Shallow and wide uses machines better. Groups do not save memory.
# - The best net is the best that fits.
# - The shortcut has outlived its net: Transformers need it as well.
#
# **This was the last lesson.** You can now build, prove, train, transfer and choose residual nets.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - Três botões: a profundidade custa em proporção; a largura, o quadrado, onde entrada e saída alargam; os grupos poupam o que a largura custa.
# - Convolução agrupada: dividir, transformar, juntar; ou uma densa com zeros fora da diagonal.
# - `groups` e `base_width` fazem ResNet, ResNeXt e Wide ResNet de um só bloco.
# - Compare pelo mesmo preço, com várias sementes, em uma só unidade. Diferença menor que a variação não é achado.
# - Rasa e larga aproveita melhor as máquinas. Grupos não poupam memória.
# - A melhor rede é a melhor que cabe.
# - O atalho sobreviveu à sua rede: os Transformers também precisam dele.
#
# **Esta foi a última lição.** Agora você sabe construir, provar, treinar, transferir e escolher redes residuais.

# %% [markdown] lang="en"
# ## Go further
#
# - Zagoruyko, Komodakis (2016), [Wide Residual Networks](https://arxiv.org/abs/1605.07146): table 1 has the widths; section 3 compares depth, width and time.
# - Xie, Girshick, Dollár, Tu, He (2017), [Aggregated Residual Transformations for Deep Neural Networks](https://arxiv.org/abs/1611.05431): figure 3 has the three
#   forms, table 2 how width pays for cardinality.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): the 1 001 layers, and the block of Wide ResNet.
# - Vaswani et al. (2017), [Attention Is All You Need](https://arxiv.org/abs/1706.03762): section 3.1, *“we employ a residual connection”*.
# - Brown et al. (2020), [Language Models are Few-Shot Learners](https://arxiv.org/abs/2005.14165): table 2.1 has the 96 layers.
# - Dong, Cordonnier, Loukas (2021), [Attention is not all you need](https://arxiv.org/abs/2103.03404): what attention does without its shortcuts, proven.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - Zagoruyko, Komodakis (2016), [Wide Residual Networks](https://arxiv.org/abs/1605.07146): a tabela 1 traz as larguras; a seção 3 compara profundidade, largura e tempo.
# - Xie, Girshick, Dollár, Tu, He (2017), [Aggregated Residual Transformations for Deep Neural Networks](https://arxiv.org/abs/1611.05431): a figura 3 traz as três
#   formas; a tabela 2, como a largura paga a cardinalidade.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): as 1.001 camadas e o bloco da Wide ResNet.
# - Vaswani et al. (2017), [Attention Is All You Need](https://arxiv.org/abs/1706.03762): a seção 3.1, *“we employ a residual connection”*.
# - Brown et al. (2020), [Language Models are Few-Shot Learners](https://arxiv.org/abs/2005.14165): a tabela 2.1 traz as 96 camadas.
# - Dong, Cordonnier, Loukas (2021), [Attention is not all you need](https://arxiv.org/abs/2103.03404): o que a atenção faz sem os atalhos, provado.

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 07 · Width and cardinality: more than depth
#
# ResNets grew deeper and deeper. Then two papers asked whether something else could grow instead: the width of the layers, or the number of paths side by side.
#
# **You will be able to**
# - build one block for ResNet, ResNeXt and Wide ResNet-50-2, and prove that it computes what the official one does;
# - show with numbers that a grouped convolution is a bundle of small convolutions;
# - compare nets at the same price, and say what a comparison shows and what it does not;
# - choose a net for the limits that you have.
#
# Plan for about 130 minutes; a laptop is enough. Parts headed *More* can be skipped.

# %% [markdown] lang="pt"
# # 07 · Largura e cardinalidade: não é só profundidade
#
# As ResNets ficavam cada vez mais profundas. Dois artigos perguntaram se outra coisa não poderia crescer: a largura das camadas ou o
# número de caminhos lado a lado.
#
# **Ao final, você saberá**
# - construir um bloco para a ResNet, a ResNeXt e a Wide ResNet-50-2 e provar que calcula o mesmo que o oficial;
# - mostrar com números que uma convolução agrupada é um feixe de convoluções pequenas;
# - comparar redes pelo mesmo preço e dizer o que uma comparação mostra e o que não mostra;
# - escolher uma rede para os limites que você tem.
#
# Reserve cerca de 130 minutos; um laptop comum basta. As partes com o título *Mais* podem ser puladas.

# %% setup=true

# %%
from itertools import pairwise
from statistics import mean

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import get_model, get_model_weights, googlenet
from torchvision.models.resnet import Bottleneck as OfficialBottleneck

from resnet_course import checks, data, plots, shapes
from resnet_course import resnet as reference
from resnet_course.blocks import conv1x1, conv3x3, make_shortcut
from resnet_course.cost import cost_table, count_cost, count_parameters, time_per_image
from resnet_course.diagrams import draw_three_forms
from resnet_course.experiments import fate, profile_of, small_net, train_nets, train_small_nets
from resnet_course.explorers import explore
from resnet_course.language import number
from resnet_course.predictions import compare_prediction, expect
from resnet_course.small_nets import WideResNet
from resnet_course.small_transformer import SmallTransformer, cut_into_tokens, token_spread
from resnet_course.trade_offs import dial_cost, draw_dials, net_figures
from resnet_course.transfer import official_weights

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first: three dials
#
# The figure shows a net of Bottlenecks, with a bar for each block. Three dials control it: the number of blocks ([**depth**](glossary:depth)), the width of one path inside a block ([**width**](glossary:width)), and the number of such paths side by side ([**cardinality**](glossary:cardinality)). Inside, a block of the first stage has cardinality × width channels; from stage to stage, this number doubles. So the third dial *adds* paths of the same width. On the right is the price.
#
# 1. Set width 4 and cardinality 32: that is ResNeXt-50. What does it cost, compared with ResNet-50?
# 2. Set width 128 and cardinality 1: Wide ResNet-50-2. And now?
# 3. Double one setting at a time: which raises the price most?

# %% [markdown] lang="pt"
# ## Primeiro, a figura: três botões
#
# A figura mostra uma rede de gargalos, com uma barra para cada bloco. Três botões a controlam: o número de blocos ([**profundidade**](glossary:depth)), a largura de um caminho dentro do bloco ([**largura**](glossary:width)) e o número de caminhos assim, lado a lado ([**cardinalidade**](glossary:cardinality)). Por dentro, um bloco do primeiro estágio tem cardinalidade × largura canais; a cada estágio, o dobro. O terceiro botão, portanto, *acrescenta* caminhos da mesma largura. À direita está o preço.
#
# 1. Ponha largura 4 e cardinalidade 32: é a ResNeXt-50. Quanto ela custa, em comparação com a ResNet-50?
# 2. Ponha largura 128 e cardinalidade 1: a Wide ResNet-50-2. E agora?
# 3. Dobre um valor de cada vez: que botão mais encarece a rede?

# %%
explore(
    draw_dials,
    "07_width_and_cardinality.figures.dials",
    depth=[26, 50, 101, 152],
    width=[4, 8, 14, 24, 40, 64, 128],
    cardinality=[1, 2, 4, 8, 16, 32],
)

# %% claims=true
assert all(
    0.95 < cost / base < 1.05
    for cost, base in zip(dial_cost(50, 4, 32), dial_cost(50, 64, 1), strict=True)
), {"en": "ResNeXt-50 costs about the same", "pt": "A ResNeXt-50 custa mais ou menos o mesmo"}
assert all(
    2.6 < cost / base < 3
    for cost, base in zip(dial_cost(50, 128, 1), dial_cost(50, 64, 1), strict=True)
), {"en": "nearly three times as much", "pt": "a Wide ResNet-50-2, quase o triplo"}
assert dial_cost(50, 128, 1)[1] > max(dial_cost(101, 64, 1)[1], dial_cost(50, 64, 2)[1]), {
    "en": "From ResNet-50's settings it is the width",
    "pt": "A partir da ResNet-50, é a largura",
}

# %% [markdown] lang="en"
# ResNeXt-50 costs about the same as ResNet-50, Wide ResNet-50-2 nearly three times as much. The third answer depends on where the dials are set. From ResNet-50's settings it is the width. Doubling the number of paths doubles the work inside a block; doubling the width of the one path costs more, as the next section explains.

# %% [markdown] lang="pt"
# A ResNeXt-50 custa mais ou menos o mesmo que a ResNet-50; a Wide ResNet-50-2, quase o triplo. A terceira resposta depende de onde estão os
# botões. A partir da ResNet-50, é a largura. Dobrar o número de caminhos dobra o trabalho dentro de um bloco; dobrar a largura do único caminho custa mais, como explica a próxima seção.

# %% [markdown] lang="en"
# You know depth from lesson 05. This lesson turns the other two dials, one after the other.
#
# ## Width
#
# Zagoruyko and Komodakis (2016) took the nets for CIFAR-10 and made every stage $k$ times as wide, that is, gave it $k$ times as many channels. They called the result **WRN-d-k**: a Wide ResNet of depth d with widening factor k.
#
# **Predict.** What happens to a WRN-28 if k goes from 1 to 2? For each number, write the factor by which it grows, as a whole number.
#
# | key | number |
# |---|---|
# | `layers` | 3 × 3 convolutions |
# | `parameters` | parameters |
# | `macs` | multiply-adds |

# %% [markdown] lang="pt"
# A profundidade você conhece da lição 05. Esta lição gira os outros dois botões, um depois do outro.
#
# ## Largura
#
# Zagoruyko e Komodakis (2016) pegaram as redes para o CIFAR-10 e fizeram cada estágio $k$ vezes mais largo, isto é, com $k$ vezes o número de canais. O resultado se chama **WRN-d-k**: uma Wide ResNet de profundidade d com fator de alargamento k.
#
# **Preveja.** O que acontece com uma WRN-28 se k passa de 1 para 2? Para cada número, escreva o fator pelo qual ele cresce, como número inteiro.
#
# | chave | número |
# |---|---|
# | `layers` | convoluções 3 × 3 |
# | `parameters` | parâmetros |
# | `macs` | MACs |

# %% predict="width"
### BEGIN SOLUTION
# was: width_prediction = {"layers": ..., "parameters": ..., "macs": ...}
width_prediction = {"layers": 1, "parameters": 4, "macs": 4}
### END SOLUTION

# %% [markdown] lang="en"
# The cell builds both nets and counts their layers, parameters and multiply-adds. (In the paper, the 28 of the name includes three 1 × 1 convolutions on the shortcuts. They run next to the other layers, not after them, and do not count as layers here.)

# %% [markdown] lang="pt"
# A célula cria as duas redes e conta as camadas, os parâmetros e os MACs. (No artigo, o 28 do nome inclui três convoluções 1 × 1 dos atalhos. Elas ficam ao lado das outras camadas, não depois delas, e aqui não contam como camadas.)

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

# %% claims=true
assert grown == {"layers": 1, "parameters": 4, "macs": 4}, {
    "en": "twice the width, four times as much",
    "pt": "o dobro da largura, o quádruplo",
}
assert 1.9 < count_cost(WideResNet(52, 1), (1, 3, 32, 32)).macs / costs_of_both[0].macs < 2.1, {
    "en": "Twice the depth costs twice as much",
    "pt": "O dobro da profundidade custa o dobro",
}
assert dial_cost(50, 128, 1)[1] < 4 * dial_cost(50, 64, 1)[1], {
    "en": "twice the width cost less than that",
    "pt": "o dobro da largura custava menos que isso",
}

# %% [markdown] lang="en"
# **Explanation.** A filter of the next layer sees twice as many channels, *and* there are twice as many filters: $2 \cdot 2 = 4$. Twice the depth costs twice as
# much; twice the width, four times as much. (In the first figure, twice the width cost less than that, because there only the inside of a Bottleneck gets wider, not its two ends.)

# %% [markdown] lang="pt"
# **Explicação.** Um filtro da camada seguinte enxerga o dobro de canais, *e* há o dobro de filtros: $2 \cdot 2 = 4$. O dobro da profundidade custa o
# dobro; o dobro da largura, o quádruplo. (Na primeira figura, o dobro da largura custava menos que isso: lá só o interior do gargalo fica mais largo, não as duas pontas.)

# %% [markdown] lang="en" banner="wrn-channels"
# ## Exercise 1 · `wrn_channels`
#
# *Why it matters:* a single number, the widening factor, sets the width of every stage.
#
# Return the number of channels that leave each part of a Wide ResNet: a list of four whole numbers, in the order of the table. The factor widens the stages; the first
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
# *Por que isso importa:* um só número, o fator de alargamento, define a largura de todos os estágios.
#
# Devolva o número de canais que saem de cada parte de uma Wide ResNet: uma lista de quatro números inteiros, na ordem da tabela. O fator alarga os estágios; a primeira
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
# No. From stage to stage the channels double, as in every ResNet. The factor is applied once in each stage: for k = 3 the stages have 48, 96 and 192.
# </details>
#
# ### A real one: WRN-28-10
#
# The cell prints the widths from your function next to those of the paper's net, and how many parameters that net has. The last line lists the layers of one of its blocks, in the order in which they run:

# %% [markdown] lang="pt"
# <details><summary>Dica: “O k multiplica de um estágio a outro?”</summary>
#
# Não. De um estágio a outro os canais dobram, como em toda ResNet. O fator entra uma vez em cada estágio: com k = 3, os estágios têm 48, 96 e 192.
# </details>
#
# ### Uma de verdade: a WRN-28-10
#
# A célula imprime as larguras que a sua função calcula ao lado das da rede do artigo e o número de parâmetros desta. A última linha lista as camadas de um dos blocos, na ordem de execução:

# %% tags=["nbval-check-output"]
with torch.device("meta"):  # shapes only, no numbers
# pt: with torch.device("meta"):  # só formas, sem números
    largest = WideResNet(28, 10)
stages = (largest.layer1, largest.layer2, largest.layer3)
widths = [largest.conv1.out_channels] + [stage[-1].conv2.out_channels for stage in stages]
print(f"{wrn_channels(10)=}  {widths=}")
# pt: print(f"{wrn_channels(10)=}  larguras={widths!r}")
print("parameters:", number(count_parameters(largest), ","))
# pt: print("parâmetros:", number(count_parameters(largest), ","))
calls = shapes.record_calls(largest.layer1[1], torch.empty(1, 160, 32, 32, device="meta"))
print(" → ".join(call.name for call in calls if call.name))

# %% [markdown] lang="en"
# Did you notice the order? BatchNorm and ReLU come *before* each convolution, and nothing comes after the sum. This is *pre-activation* (He et al. 2016). Every WRN-d-k has it (Wide ResNet-50-2, further down, does not), so these nets differ from the earlier ResNets in more than their width. What this order changes is the subject of lesson 08.

# %% [markdown] lang="pt"
# Notou a ordem? BatchNorm e ReLU vêm *antes* de cada convolução, e depois da soma não vem nada. É a *pré-ativação* (He et al. 2016). Toda WRN-d-k é assim (a Wide ResNet-50-2, mais adiante, não); portanto, não é só na largura que ela difere das ResNets vistas até aqui. O que essa ordem muda é o assunto da lição 08.

# %% [markdown] lang="en"
# With its 36.5 million parameters the net got 4.00% of CIFAR-10's test images wrong (Zagoruyko and Komodakis 2016). A pre-activation ResNet with 1,001 layers and 10.2
# million parameters got 4.62% wrong (He et al. 2016, table 4, with batches of 64). Both figures are the papers' own.
#
# Twenty-eight layers beat a thousand! But look again: the wide net has more than three times as many parameters. How does their number grow with k?

# %% [markdown] lang="pt"
# Com esses 36,5 milhões de parâmetros, a rede errou 4,00% das imagens de teste do CIFAR-10 (Zagoruyko e Komodakis 2016). Uma ResNet com pré-ativação, 1.001 camadas e 10,2
# milhões de parâmetros errou 4,62% (He et al. 2016, tabela 4, com lotes de 64). Os dois números são dos próprios artigos.
#
# Vinte e oito camadas ganham de mil! Mas olhe de novo: a rede larga tem mais que o triplo dos parâmetros. Como esse número cresce com k?

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
# In a fair comparison both sides cost the same. Here are four small nets for our digits, half as wide as those of the table above: 8 channels in the first stage. The last two take nearly the same number of multiply-adds: one is deep and
# thin, the other shallow and twice as wide.

# %% [markdown] lang="pt"
# ## Mais profunda ou mais larga, pelo mesmo preço?
#
# Em uma comparação justa, os dois lados custam o mesmo. Aqui estão quatro redes pequenas para os nossos dígitos, com metade da largura das da tabela acima: 8 canais no primeiro estágio. As duas últimas fazem quase o mesmo número de MACs: uma é
# profunda e estreita, a outra é rasa e tem o dobro da largura.

# %% tags=["nbval-check-output"]
names = ["residual-8", "residual-14", "residual-44", "residual-14-2"]
price = {name: count_cost(small_net(name), (1, 1, 28, 28)) for name in names}
for name in names:
    weights, macs = number(price[name].parameters, ","), number(price[name].macs / 1e6, ".2f")
    print(f"{name:14} {weights:>7} weights, MACs in millions: {macs}")
    # pt: print(f"{name:14} {weights:>7} pesos, MACs em milhões: {macs}")

# %% [markdown] lang="en"
# (`residual-14-2` has 14 layers and the widening factor 2.) **Predict.** Each net is trained three times, each time from different random weights. Is the
# difference (`gap`) between the mean errors of `residual-44` and `residual-14-2` on unseen digits `"below"` or `"above"` 2.5 percentage points?
#
# And which of the two answers sooner (`sooner`) when you show it a single digit? Write its name.

# %% [markdown] lang="pt"
# (`residual-14-2` tem 14 camadas e o fator de alargamento 2.) **Preveja.** Cada rede é treinada três vezes, a cada vez com outros pesos iniciais aleatórios. A
# diferença (`gap`) entre os erros médios da `residual-44` e da `residual-14-2` em dígitos nunca vistos fica abaixo (`"below"`) ou acima (`"above"`) de 2,5 pontos
# percentuais?
#
# E qual das duas responde mais rápido (`sooner`) quando você mostra a ela um único dígito? Escreva o nome dela.

# %% predict="equal"
### BEGIN SOLUTION
# was: equal_prediction = {"gap": ..., "sooner": ...}
equal_prediction = {"gap": "below", "sooner": "residual-14-2"}
### END SOLUTION

# %% [markdown] lang="en"
# The next cell does twelve training runs, each of four epochs with 1,056 digits, in about half a minute:

# %% [markdown] lang="pt"
# A próxima célula faz doze treinos, cada um de quatro épocas com 1.056 dígitos, cerca de meio minuto ao todo:

# %%
expect(
    equal_prediction, {"gap": ["below", "above"], "sooner": ["residual-44", "residual-14-2"]}
)

runs = train_small_nets(names, seeds=[0, 1, 2], images=1056, batch_size=48)
errors = {name: [run.validation_error for run in runs[name]] for name in names}
for name in names:
    print(f"{name:14}", *(number(error, ".1%") for error in errors[name]))

# %%
plots.bars(
    "07_width_and_cardinality.figures.equal",
    errors,
    colors=dict.fromkeys(names, "residual"),
    percent=True,
    figures={name: number(100 * mean(errors[name]), ".1f") for name in names}
    | {f"{name}-macs": number(price[name].macs / 1e6, ".2f") for name in names},
)

# %% [markdown] lang="en"
# Now the clock. One digit goes through each net several times, and the cell prints the median time in milliseconds. (The times differ from machine to machine, so you see them only where you run the cell yourself.)

# %% [markdown] lang="pt"
# Agora o relógio. Um dígito passa algumas vezes por cada rede, e a célula imprime a mediana dos tempos, em milissegundos. (Os tempos mudam de máquina para máquina; por isso, só aparecem quando você mesmo executa a célula.)

# %%
pair = {name: runs[name][0].model.eval() for name in ("residual-44", "residual-14-2")}
seconds = time_per_image(pair, data.digit(7), repeats=15)
gap = abs(mean(errors["residual-44"]) - mean(errors["residual-14-2"]))
by_chance = max(max(errors[name]) - min(errors[name]) for name in pair)
print("gap:", number(gap, ".1%"), " one net, from seed to seed: up to", number(by_chance, ".1%"))
# pt: print("gap:", number(gap, ".1%"), " a mesma rede, entre sementes: até", number(by_chance, ".1%"))
compare_prediction(
    equal_prediction,
    {"gap": "below" if gap < 0.025 else "above", "sooner": min(seconds, key=seconds.get)},
)

# %% [markdown] lang="en"
# **Explanation.** Compare the two printed numbers. If one net's error varies from seed to seed by more than the gap, three seeds do *not* show which is better. Even winning with all three proves little: of two equally good nets, one or the other does so by chance one time in four (2 · ½³). Three seeds are enough only where the gap far exceeds the variation from seed to seed. (The papers trained far longer, on CIFAR-10.)
#
# What does differ is time: with nearly the same number of multiply-adds, the shallow net answers sooner. Layers wait for one another; the channels of one layer can be computed in parallel. That is another argument of the Wide ResNet paper.

# %% [markdown] lang="pt"
# **Explicação.** Compare os dois números impressos. Se a variação do erro de uma mesma rede entre sementes é maior que a diferença entre as duas redes, três sementes *não* mostram qual é melhor. Nem vencer com as três provaria muito: entre duas redes equivalentes, uma delas faz isso por acaso em um de cada quatro casos (2 · ½³). Três sementes só bastam quando a diferença é bem maior que essa variação. (Os artigos treinaram muito mais, no CIFAR-10.)
#
# O que difere é o tempo: com quase os mesmos MACs, a rede rasa responde mais rápido. As camadas esperam umas pelas outras; os canais de uma camada podem ser calculados em paralelo. É outro argumento do artigo da Wide ResNet.

# %% [markdown] lang="en"
# ### Diminishing returns
#
# By how many points does each additional million multiply-adds reduce the error? The cell first answers this for our digits, from 8 to 14 layers and from there to `residual-14-2`. Then it goes through the ResNet family on ImageNet and asks the same for each additional GMAC (a billion multiply-adds). The costs are counted; the errors are torchvision's (V1). One of the steps is special: which one, and why?

# %% [markdown] lang="pt"
# ### Retornos decrescentes
#
# Quantos pontos de erro um milhão de MACs a mais elimina? A célula responde primeiro para os nossos dígitos, de 8 para 14 camadas e daí para a `residual-14-2`. Depois percorre a família das ResNets na ImageNet e pergunta o mesmo para cada GMAC (um bilhão de MACs) a mais. Os custos são contados; os erros são do torchvision (V1). Um dos passos é especial: qual, e por quê?

# %%
for small, large in pairwise(["residual-8", "residual-14", "residual-14-2"]):
    points = 100 * (mean(errors[small]) - mean(errors[large]))
    millions_more = (price[large].macs - price[small].macs) / 1e6
    print(f"{small} → {large}: {number(points / millions_more, '.1f')}")

family = {f"resnet{depth}": net_figures(f"resnet{depth}") for depth in (18, 34, 50, 101, 152)}
returns = {}
for small, large in pairwise(family):
    points = family[small]["error"] - family[large]["error"]
    returns[f"{small} → {large}"] = points / (family[large]["gmacs"] - family[small]["gmacs"])
plots.bars(
    "07_width_and_cardinality.figures.returns",
    returns,
    colors=dict.fromkeys(returns, "residual"),
    figures={
        "most": number(returns["resnet34 → resnet50"], ".2f"),
        "least": number(returns["resnet101 → resnet152"], ".2f"),
    },
)

# %% [markdown] lang="en"
# The step from 34 to 50 stands out: there the block changes, not only the depth (lesson 04). Among the nets of Bottlenecks, from 50 to 101 and from 101 to 152, more of the same brings less and less.
#
# ## Cardinality: ResNet meets Inception
#
# The modules of GoogLeNet (lesson 01), called Inception, had something that ResNet's blocks lack: several paths side by side. The work is *split* between them, each path *transforms* the input in its own way, and the results are *merged*.
# The cell lists the paths in one module of torchvision's GoogLeNet: channels in → channels out of each convolution, and its window. (The *max pool* with which the last path begins is not listed.)

# %% [markdown] lang="pt"
# O passo de 34 para 50 se destaca: ali muda o bloco, não só a profundidade (lição 04). Entre as redes de gargalos, de 50 para 101 e de 101 para 152, mais do mesmo rende cada vez menos.
#
# ## Cardinalidade: a ResNet encontra a Inception
#
# Os módulos da GoogLeNet (lição 01), chamados Inception, tinham algo que falta aos blocos da ResNet: vários caminhos lado a lado. O trabalho é *dividido* entre eles, cada caminho *transforma* a entrada a seu modo, e os resultados são *juntados*.
# A célula lista os caminhos de um módulo da GoogLeNet do torchvision: os canais que entram em cada convolução → os que saem dela, e a janela. (A *max pool* com que começa o último caminho não é listada.)

# %% tags=["nbval-check-output"]
with torch.device("meta"):
    inception = googlenet(weights=None, aux_logits=False, init_weights=False).inception3a
for path in inception.children():
    for conv in (each for each in path.modules() if isinstance(each, nn.Conv2d)):
        window = "×".join(map(str, conv.kernel_size))
        print(f"{conv.in_channels} → {conv.out_channels} ({window})", end="   ")
    print()

# %% [markdown] lang="en"
# There are four paths, no two of them alike. Somebody chose all these numbers, and different numbers for the next module. Xie et al. (2017) took the paths from Inception, and from ResNet the shortcut and the habit of repeating one simple
# block. In a **ResNeXt** block all paths are alike: 256 → 4 → 4 → 256 channels, 32 times. In place of all those choices there is one new number: the number of paths, called the cardinality. (The width is not new: every block has one.)

# %% [markdown] lang="pt"
# São quatro caminhos, todos diferentes. Alguém escolheu todos esses números, e outros para o módulo seguinte. Xie et al. (2017) pegaram da Inception os caminhos e, da ResNet, o atalho e o costume de repetir sempre o mesmo bloco
# simples. Em um bloco da **ResNeXt**, os caminhos são todos iguais: 256 → 4 → 4 → 256 canais, 32 vezes. No lugar de todas aquelas escolhas, há um só número novo: o de caminhos, chamado cardinalidade. (A largura não é nova: todo bloco tem uma.)

# %% [markdown] lang="en"
# In code, the middle steps of these paths are one [**grouped**](glossary:grouped-convolution) 3 × 3 convolution: its channels are split into groups, and each group has its own filters. **Predict.** Such a convolution takes 128 channels and returns 128.
# By what factor does the number of its weights shrink with 32 groups instead of one? And how many of the 128 channels does one filter see?
#
# | key | number |
# |---|---|
# | `times_fewer` | the weights with one group, divided by the weights with 32 |
# | `channels_seen` | how many channels one filter sees |

# %% [markdown] lang="pt"
# No código, os passos do meio desses caminhos são uma só convolução 3 × 3 [**agrupada**](glossary:grouped-convolution): os canais dela são divididos em grupos, e cada grupo tem filtros próprios. **Preveja.** Uma convolução dessas recebe 128 canais e devolve 128.
# Por quanto se divide o número de pesos dela com 32 grupos em vez de um só? E quantos dos 128 canais um filtro enxerga?
#
# | chave | número |
# |---|---|
# | `times_fewer` | o número de pesos com um grupo, dividido pelo número com 32 |
# | `channels_seen` | quantos canais um filtro enxerga |

# %% predict="groups"
### BEGIN SOLUTION
# was: groups_prediction = {"times_fewer": ..., "channels_seen": ...}
groups_prediction = {"times_fewer": 32, "channels_seen": 4}
### END SOLUTION

# %% [markdown] lang="en"
# The cell builds both layers and counts their weights:

# %% [markdown] lang="pt"
# A célula cria as duas camadas e conta os pesos:

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
# **Explanation.** Each filter sees only the channels of its own group: $128 / 32 = 4$. There are still 128 filters, but each has only 1/32 of the weights that it would have with one group.

# %% [markdown] lang="pt"
# **Explicação.** Cada filtro enxerga só os canais do seu grupo: $128 / 32 = 4$. Os filtros continuam sendo 128, mas cada um só tem 1/32 dos pesos que teria com um grupo só.

# %% [markdown] lang="en" banner="grouped-conv"
# ## Exercise 2 · `split_transform_merge`
#
# *Why it matters:* `groups=32` is just one argument. If you do its work by hand once, you know what it does.
#
# Compute a grouped convolution from ordinary ones: `F.conv2d` without its argument `groups`, once for each path.
#
# | tensor | shape |
# |---|---|
# | `x` | `[N, C, H, W]` |
# | `weight` | `[C_out, C // groups, k, k]` |
# | result | `[N, C_out, H, W]` |
#
# 1. **Split** the channels of `x` into `groups` equal parts of consecutive channels; split the filters in the same way.
# 2. **Transform** each part with its own filters; `padding=k // 2` keeps height and width.
# 3. **Merge** the results along the channels.

# %% [markdown] lang="pt" banner="grouped-conv"
# ## Exercício 2 · `split_transform_merge`
#
# *Por que isso importa:* `groups=32` é só um argumento. Quem já fez o trabalho dele à mão uma vez entende o que ele faz.
#
# Calcule uma convolução agrupada a partir de convoluções comuns: `F.conv2d` sem o argumento `groups`, uma vez para cada caminho.
#
# | tensor | forma |
# |---|---|
# | `x` | `[N, C, H, W]` |
# | `weight` | `[C_out, C // groups, k, k]` |
# | resultado | `[N, C_out, H, W]` |
#
# 1. **Divida** os canais de `x` em `groups` trechos iguais de canais consecutivos; divida os filtros do mesmo modo.
# 2. **Transforme** cada trecho com os filtros dele; `padding=k // 2` mantém a altura e a largura.
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
# `x.chunk(4, dim=1)` cuts dimension 1 into four consecutive parts of equal size and returns them as a tuple. `zip(parts, filters)` goes through both tuples together.
# </details>
# <details><summary>Hint: “expected input to have 2 channels, but got 6 channels instead”</summary>
#
# Each filter sees `C // groups` channels. Which part of `x` did this `conv2d` get? And did you cut dimension 1, the channels, or dimension 0, the images?
# </details>
# <details><summary>Hint: “My output has too many channels”</summary>
#
# In your code, every path still uses all the filters. They have to be split too, along dimension 0.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como divido um tensor?”</summary>
#
# `x.chunk(4, dim=1)` corta a dimensão 1 em quatro trechos consecutivos do mesmo tamanho e os devolve em uma tupla. `zip(parts, filters)` percorre as duas tuplas juntas.
# </details>
# <details><summary>Dica: “expected input to have 2 channels, but got 6 channels instead”</summary>
#
# Cada filtro enxerga `C // groups` canais. Que parte de `x` este `conv2d` recebeu? E você cortou a dimensão 1, os canais, ou a dimensão 0, as imagens?
# </details>
# <details><summary>Dica: “Minha saída tem canais demais”</summary>
#
# No seu código, cada caminho ainda usa todos os filtros. Eles também precisam ser divididos, na dimensão 0.
# </details>

# %% [markdown] lang="en"
# ### Three ways to write one block
#
# The paper draws the block in three forms (figure 3) and says that they are equivalent: (a) is the idea, (c) is what runs. The shortcut is left out here, and only three of the 32 paths are drawn.

# %% [markdown] lang="pt"
# ### Três maneiras de escrever um bloco
#
# O artigo desenha o bloco em três formas (figura 3) e diz que elas são equivalentes: (a) é a ideia, (c) é o que se executa. O atalho fica de fora aqui, e só três dos 32 caminhos são desenhados.

# %%
draw_three_forms()

# %% [markdown] lang="en"
# Are they equivalent? Let us compute all three from the same weights, in double precision. (BatchNorm and ReLU are left out; they work channel by channel.) The list `inner` holds the results of the 32 paths before their last step; forms (a) and (b) both go on from there.

# %% [markdown] lang="pt"
# São mesmo equivalentes? Vamos calcular as três com os mesmos pesos, em precisão dupla. (BatchNorm e ReLU ficam de fora; elas trabalham canal por canal.) A lista `inner` guarda os resultados dos 32 caminhos antes do último passo; as formas (a) e (b) continuam a partir daí.

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
# Now come the last step of (a), that of (b), and the whole of (c). Is the largest difference less than 10⁻¹² times the largest number?

# %% [markdown] lang="pt"
# Agora vêm o último passo de (a), o de (b) e a forma (c) inteira. A maior diferença é menor que 10⁻¹² vezes o maior número?

# %% tags=["nbval-check-output"]
form_a = sum(F.conv2d(each, expand[:, path]) for each, path in zip(inner, paths, strict=True))
form_b = F.conv2d(torch.cat(inner, dim=1), expand)
form_c = F.conv2d(F.conv2d(F.conv2d(x, reduce), middle, padding=1, groups=32), expand)

for name, form in {"a": form_a, "b": form_b}.items():
    difference = ((form - form_c).abs().max() / form_c.abs().max()).item()
    print(f"{name} against c: {difference < 1e-12 = }")
    # pt: print(f"{name} e c: diferença < 1e-12: {difference < 1e-12!r}")

# %% [markdown] lang="en"
# The three results are the same, except for rounding in the last digits. A convolution adds what comes from its channels, so it makes no difference whether 32 results are added or one 1 × 1 convolution gets all the channels.
#
# ### More · A grouped convolution is an ordinary one, mostly zeros
#
# Here is a fourth way to see a grouped convolution: as an ordinary (*dense*) one most of whose weights are zero. The cell copies the weights of four groups
# into a dense convolution, compares the two, and draws the weights. There is a row for each filter and a column for each channel, and each square shows the mean of 3 × 3 weights. On the right, a part is enlarged.

# %% [markdown] lang="pt"
# Os três resultados são iguais, a não ser pelo arredondamento nos últimos algarismos. Uma convolução soma o que vem dos canais; tanto faz, portanto, somar 32 resultados ou dar todos os canais a uma convolução 1 × 1.
#
# ### Mais · Uma convolução agrupada é uma convolução comum em que a maioria dos pesos é zero
#
# Há uma quarta maneira de ver uma convolução agrupada: como uma comum (*densa*) com a maioria dos pesos iguais a zero. A célula copia os pesos de quatro grupos
# para uma convolução densa, compara as duas e desenha os pesos. Há uma linha para cada filtro e uma coluna para cada canal, e cada quadrado mostra a média de 3 × 3 pesos. À direita, uma parte aparece ampliada.

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
# ### What groups cost, and what they buy
#
# Groups cost freedom: the filters of one path never see the channels of another; only the 1 × 1 convolutions mix them. What groups save can be spent on width: for nearly the price of ResNet-50's 64 channels, a ResNeXt-50 block has 128 inside. Two numbers describe such a block: `groups`, the number of paths, and `base_width`, the width of one path in the first stage (the 4d in the name 32×4d), where `planes` is 64.
# From stage to stage `planes` doubles, while `groups` stays as it is.
#
# | net | `groups` | `base_width` | width inside for `planes = 64` |
# |---|---|---|---|
# | ResNet-50 | 1 | 64 | 1 · 64 = 64 |
# | ResNeXt-50 32×4d | 32 | 4 | 32 · 4 = 128 |
# | Wide ResNet-50-2 | 1 | 128 | 1 · 128 = 128 |
#
# **Predict.** How wide inside is each block of the second stage, where `planes` is 128?

# %% [markdown] lang="pt"
# ### O que os grupos custam e o que permitem
#
# Grupos custam liberdade: os filtros de um caminho nunca enxergam os canais de outro; só as convoluções 1 × 1 os misturam. O que se poupa com grupos pode ser gasto em largura: por quase o mesmo preço dos
# 64 canais da ResNet-50, um bloco da ResNeXt-50 tem 128 por dentro. Dois números descrevem um bloco desses: `groups`, o número de caminhos, e `base_width`, a largura de um caminho no primeiro estágio (o 4d do nome 32×4d), onde `planes` é 64.
# De um estágio a outro `planes` dobra, e `groups` continua igual.
#
# | rede | `groups` | `base_width` | largura interna com `planes = 64` |
# |---|---|---|---|
# | ResNet-50 | 1 | 64 | 1 · 64 = 64 |
# | ResNeXt-50 32×4d | 32 | 4 | 32 · 4 = 128 |
# | Wide ResNet-50-2 | 1 | 128 | 1 · 128 = 128 |
#
# **Preveja.** Que largura interna tem cada bloco no segundo estágio, onde `planes` é 128?

# %% predict="inside"
### BEGIN SOLUTION
# was: inside_prediction = {"resnet50": ..., "resnext50": ..., "wide_resnet50_2": ...}
inside_prediction = {"resnet50": 128, "resnext50": 256, "wide_resnet50_2": 256}
### END SOLUTION

# %% [markdown] lang="en"
# torchvision's own blocks show the answer:

# %% [markdown] lang="pt"
# Os blocos do próprio torchvision respondem:

# %% tags=["nbval-check-output"]
expect(inside_prediction, {"resnet50": int, "resnext50": int, "wide_resnet50_2": int})

settings = {"resnet50": (1, 64), "resnext50": (32, 4), "wide_resnet50_2": (1, 128)}
inside = {
    name: OfficialBottleneck(256, 128, groups=groups, base_width=base_width).conv2.out_channels
    for name, (groups, base_width) in settings.items()
}
compare_prediction(inside_prediction, inside)

# %% [markdown] lang="en"
# **Explanation.** One path is `planes * base_width / 64` wide, and there are `groups` of them. For ResNeXt-50 that is $128 \cdot 4 / 64 = 8$, times 32: 256.

# %% [markdown] lang="pt"
# **Explicação.** Um caminho tem largura `planes * base_width / 64`, e há `groups` deles. Na ResNeXt-50, isso dá $128 \cdot 4 / 64 = 8$, vezes 32: 256.

# %% [markdown] lang="en" banner="resnext-block"
# ## Exercise 3 · one Bottleneck for all
#
# *Why it matters:* two numbers turn the block of ResNet into that of ResNeXt or of Wide ResNet-50-2. torchvision uses one class for all of them, and so will you.
#
# Here is the Bottleneck of lesson 04 with two new arguments that do nothing yet. Make them work:
#
# - the **width** inside is `int(planes * (base_width / 64)) * groups`; it takes the place of `planes` in `conv1`, `bn1`, `conv2`, `bn2` and in what enters `conv3`;
# - `conv2` gets the **groups**; `conv3x3` has an argument for them;
# - the output keeps its `planes * expansion` channels.

# %% [markdown] lang="pt" banner="resnext-block"
# ## Exercício 3 · um gargalo para todas
#
# *Por que isso importa:* dois números transformam o bloco da ResNet no da ResNeXt ou no da Wide ResNet-50-2. O torchvision tem uma só classe para todos, e você também terá.
#
# Este é o gargalo da lição 04 com dois argumentos novos que ainda não fazem nada. Faça com que funcionem:
#
# - a **largura** interna é `int(planes * (base_width / 64)) * groups`; ela toma o lugar de `planes` em `conv1`, `bn1`, `conv2`, `bn2` e no que entra em `conv3`;
# - `conv2` recebe os **grupos**; `conv3x3` tem um argumento para isso;
# - a saída continua com `planes * expansion` canais.

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
# Compute `width` in the first line. Then go through the six layers, and for each `planes` ask: is this the inside or the output?
# </details>
# <details><summary>Hint: “in_channels must be divisible by groups”</summary>
#
# Which convolution has the groups? Only `conv2`, with `width` channels on both sides. And `width` must be a multiple of `groups`: round down with
# `int(…)` *before* you multiply by `groups`.
# </details>
# <details><summary>Hint: “must be tuple of ints, but found element of type float”</summary>
#
# A number of channels has become a decimal number. `/` always makes one; `int(…)` around the product makes it whole.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Por onde começo?”</summary>
#
# Calcule `width` na primeira linha. Depois percorra as seis camadas e, a cada `planes`, pergunte: é o interior ou a saída?
# </details>
# <details><summary>Dica: “in_channels must be divisible by groups”</summary>
#
# Que convolução tem os grupos? Só `conv2`, cujos canais são `width` dos dois lados. E `width` precisa ser um múltiplo de `groups`: arredonde
# para baixo com `int(…)` *antes* de multiplicar por `groups`.
# </details>
# <details><summary>Dica: “must be tuple of ints, but found element of type float”</summary>
#
# Um número de canais ficou decimal. `/` sempre dá um número decimal; `int(…)` em volta do produto o torna inteiro.
# </details>

# %% [markdown] lang="en"
# ### Your block beside the official ones
#
# The cell makes three of torchvision's own blocks, with random weights: one of ResNet-50, one of ResNeXt-50 and one of Wide ResNet-50-2. Your blocks get the same weights, by name. Then the cell prints the largest difference between the outputs:

# %% [markdown] lang="pt"
# ### O seu bloco ao lado dos oficiais
#
# A célula cria três blocos do próprio torchvision, com pesos aleatórios: um da ResNet-50, um da ResNeXt-50 e um da Wide ResNet-50-2. Os seus blocos recebem os mesmos pesos, pelos nomes. Depois a célula imprime a maior diferença entre as saídas:

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
# Now a whole net: the ResNet of lesson 05, made of your blocks, loads the official weights of ResNeXt-50 (or random ones, if there is no internet connection) with `strict=True`:

# %% [markdown] lang="pt"
# Agora uma rede inteira: a ResNet da lição 05, feita com os seus blocos, recebe os pesos oficiais da ResNeXt-50 (ou aleatórios, sem internet) com `strict=True`:

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
# Zero. ResNeXt-50 *is* ResNet-50 with two different numbers, and Wide ResNet-50-2 is ResNet-50 with Bottlenecks twice as wide inside. (The WRN-28-10 above is made of a different block, with two 3 × 3 convolutions.)
#
# ## One unit in each column
#
# In the textbook chapter from which this course grew, a table's column “GFLOPs” gives 8.2 for ResNet-50 and 4.2 for ResNeXt-50. Does that agree with the first figure of this lesson? **Predict.** What does ResNeXt-50 really cost, compared with ResNet-50: `"half"`, `"the same"` or `"double"`?

# %% [markdown] lang="pt"
# Zero. A ResNeXt-50 *é* a ResNet-50 com dois números diferentes, e a Wide ResNet-50-2 é a ResNet-50 com gargalos duas vezes mais largos por dentro. (A WRN-28-10 do início é feita de outro bloco, com duas convoluções 3 × 3.)
#
# ## Uma unidade por coluna
#
# No capítulo de livro didático do qual este curso nasceu, a coluna “GFLOPs” de uma tabela traz 8,2 para a ResNet-50 e 4,2 para a ResNeXt-50. Isso combina com a primeira figura desta lição? **Preveja.** Quanto custa de verdade a ResNeXt-50, em comparação com a ResNet-50: a metade (`"half"`), o
# mesmo (`"the same"`) ou o dobro (`"double"`)?

# %% predict="units"
### BEGIN SOLUTION
# was: units_prediction = {"resnext50": ...}
units_prediction = {"resnext50": "the same"}
### END SOLUTION

# %% [markdown] lang="en"
# The cell counts the cost of both nets in both units and prints the chapter's numbers next to the counts:

# %% [markdown] lang="pt"
# A célula conta o custo das duas redes nas duas unidades e imprime os números do capítulo ao lado das contagens:

# %% tags=["nbval-check-output"]
expect(units_prediction, {"resnext50": ["half", "the same", "double"]})

chapter = {"resnet50": 8.2, "resnext50_32x4d": 4.2}
for name, figure in chapter.items():
    gmacs = net_figures(name)["gmacs"]
    gflops = 2 * gmacs
    unit = "FLOPs" if abs(figure - gflops) < abs(figure - gmacs) else "MACs"
    counted = f"{number(gflops, '.2f')} GFLOPs, {number(gmacs, '.2f')} GMACs → {unit}"
    print(f"{name:16} chapter {number(figure)}; counted {counted}")
    # pt: print(f"{name:16} capítulo {number(figure)}; contados {counted}")
ratio = net_figures("resnext50_32x4d")["gmacs"] / net_figures("resnet50")["gmacs"]
verdict = "half" if ratio < 0.75 else "the same" if ratio < 1.5 else "double"
compare_prediction(units_prediction, {"resnext50": verdict})

# %% [markdown] lang="en"
# **Explanation.** That table mixes units: one row is in FLOPs, the other in MACs. A multiply-add is *two* floating-point operations, and some sources write “FLOPs” for multiply-adds. If you copy from sources that use the word differently, the numbers in one column can no longer be compared. Even torchvision's own documentation says “GFLOPS” where it counts MACs.
#
# Here is the table with one unit in each column. The costs are counted here. The column *paper* is the top-1 error in % from Xie et al. (2017), table 3, measured on one crop of each photo; `V1` is the error of torchvision's weights, from their own description.

# %% [markdown] lang="pt"
# **Explicação.** Aquela tabela mistura unidades: uma linha está em FLOPs, a outra em MACs. Um MAC equivale a *duas* operações de ponto flutuante, e algumas fontes escrevem “FLOPs” quando contam MACs. Quem copia de fontes que usam a palavra de modos diferentes já não pode comparar os números de uma coluna. Até a documentação do torchvision diz “GFLOPS” onde conta MACs.
#
# Esta é a tabela com uma unidade por coluna. Os custos são contados aqui. A coluna *artigo* é o erro top-1, em %, de Xie et al. (2017), tabela 3, medido em um recorte de cada foto; `V1` é o erro dos pesos do torchvision, tirado da descrição deles.

# %% tags=["nbval-check-output"]
rivals = ["resnet50", "resnext50_32x4d", "wide_resnet50_2"]
table = cost_table(rivals).iloc[:, :-1]  # without the shape of the output
# pt: table = cost_table(rivals).iloc[:, :-1]  # sem a forma da saída
table["paper"] = [number(23.9, ".1f"), number(22.2, ".1f"), "–"]  # top-1 error in %
# pt: table["artigo"] = [number(23.9, ".1f"), number(22.2, ".1f"), "–"]  # erro top-1 em %
table["V1"] = [number(net_figures(name)["error"], ".2f") for name in rivals]
operations = [get_model_weights(name)["IMAGENET1K_V1"].meta["_ops"] for name in rivals]
table["torchvision “GFLOPS”"] = [number(each, ".2f") for each in operations]
table

# %% claims=true
assert 1.025 < ratio < 1.035, {"en": "For 3% more multiply-adds", "pt": "Com 3% a mais de MACs"}
assert round(23.9 - 22.2, 1) == 1.7, {
    "en": "error is 1.7 percentage points lower in the paper",
    "pt": "o erro da ResNeXt-50 é 1,7 ponto percentual menor",
}
assert 1.4 < net_figures(rivals[0])["error"] - net_figures(rivals[1])["error"] < 1.6, {
    "en": "In torchvision, it is lower by nearly as much",
    "pt": "No torchvision, é menor em quase o mesmo tanto",
}
assert 2.6 < net_figures(rivals[2])["gmacs"] / net_figures(rivals[0])["gmacs"] < 3, {
    "en": "costs nearly three times as much",
    "pt": "custa quase o triplo",
}

# %% [markdown] lang="en"
# For 3% more multiply-adds, ResNeXt-50's error is 1.7 percentage points lower in the paper, where both were trained alike. In torchvision, it is lower by nearly as much, and Wide ResNet-50-2's error is lower still; but that net costs nearly three times as much. (torchvision's nets were not all trained alike: ResNeXt-50, for one, was trained for 100 epochs instead of 90. So this comparison is less strict.)
#
# ## What the table does not say: memory and time
#
# Training keeps the output of every layer until the backward pass. **Predict.** With which of the three nets does it keep *least* for each photo (`least`)? Write `"resnet50"`, `"resnext50_32x4d"` or `"wide_resnet50_2"`.

# %% [markdown] lang="pt"
# Com 3% a mais de MACs, o erro da ResNeXt-50 é 1,7 ponto percentual menor no artigo, em que as duas foram treinadas do mesmo modo. No torchvision, é menor em quase o mesmo tanto, e o da Wide ResNet-50-2 é ainda menor; mas essa rede custa quase o triplo. (As redes do torchvision não foram todas treinadas do mesmo modo: a ResNeXt-50, por exemplo, teve 100 épocas, em vez de 90. Por isso, essa comparação é menos rigorosa.)
#
# ## O que a tabela não diz: memória e tempo
#
# O treino guarda a saída de cada camada até a passagem de volta. **Preveja.** Com qual das três redes ele guarda *menos* para cada foto (`least`)? Escreva `"resnet50"`, `"resnext50_32x4d"` ou `"wide_resnet50_2"`.

# %% predict="memory"
### BEGIN SOLUTION
# was: memory_prediction = {"least": ...}
memory_prediction = {"least": "resnet50"}
### END SOLUTION

# %% [markdown] lang="en"
# No activation is computed here: the cell only adds up the sizes, in float32, of the tensors that the backward pass will need.

# %% [markdown] lang="pt"
# Nenhuma ativação é calculada aqui: a célula só soma o tamanho, em float32, dos tensores de que a passagem de volta vai precisar.

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

# %% claims=true
assert inside["resnext50"] == inside["wide_resnet50_2"] == 2 * inside["resnet50"], {
    "en": "have twice as many inside",
    "pt": "têm o dobro deles por dentro",
}
assert 1.025 < ratio < 1.035, {"en": "has 3% more than", "pt": "faz 3% a mais que"}

# %% [markdown] lang="en"
# **Explanation.** Memory follows the number of *channels*, and ResNeXt-50 and Wide ResNet-50-2 have twice as many inside. Groups save weights and multiply-adds, not activations: at nearly the price of ResNet-50, ResNeXt-50 needs more memory.
#
# And what about time? The number of multiply-adds is only a guide. ResNeXt-50 has 3% more than ResNet-50; how much longer does it take? The cell sends one photo through each net and prints the time on your machine, in milliseconds. (Once more, times appear only where you run the cell. Compare them with the GMACs beside them.)

# %% [markdown] lang="pt"
# **Explicação.** A memória acompanha o número de *canais*, e a ResNeXt-50 e a Wide ResNet-50-2 têm o dobro deles por dentro. Grupos poupam pesos e MACs, não ativações: por quase o preço da ResNet-50, a ResNeXt-50 precisa de mais memória.
#
# E o tempo? O número de MACs é só uma indicação. A ResNeXt-50 faz 3% a mais que a ResNet-50; quanto tempo a mais ela leva? A célula passa uma foto por cada rede e imprime o tempo na sua máquina, em milissegundos. (Também aqui, os tempos só aparecem onde você executa a célula. Compare-os com os GMACs ao lado.)

# %%
nets = {name: reference.create_resnet(name).eval() for name in rivals}
for name in rivals:
    print(f"{name}: {number(net_figures(name)['gmacs'], '.2f')} GMACs")
photo_seconds = time_per_image(nets, photo, repeats=3)

# %% tags=["nbval-check-output"]
print("slowest:", max(photo_seconds, key=photo_seconds.get))
# pt: print("mais lenta:", max(photo_seconds, key=photo_seconds.get))

# %% [markdown] lang="en" banner="trade-off"
# ## Exercise 4 · `choose_net`
#
# *Why it matters:* the best net is the best one *that fits*. In practice the limits come first.
#
# `choose_net(nets, limits)` returns the name of a net, or `None`.
#
# | argument | what it is |
# |---|---|
# | `nets` | a dict that maps names to figures: `{"resnet18": {"parameters": 11.69, "gmacs": 1.81, "memory": 21.2, "error": 30.242}, …}` |
# | `limits` | a dict that maps costs to the most that is allowed: `{"gmacs": 5, "memory": 100}`; what is not in it has no limit |
#
# Of the nets that exceed no limit, return the name of the one with the lowest `"error"`; of several with the same error, the one with the fewest `"gmacs"`. If none fits, return `None`.

# %% [markdown] lang="pt" banner="trade-off"
# ## Exercício 4 · `choose_net`
#
# *Por que isso importa:* a melhor rede é a melhor *que cabe*. Na prática, os limites vêm primeiro.
#
# `choose_net(nets, limits)` devolve o nome de uma rede, ou `None`.
#
# | argumento | o que é |
# |---|---|
# | `nets` | um dicionário que associa nomes a números: `{"resnet18": {"parameters": 11.69, "gmacs": 1.81, "memory": 21.2, "error": 30.242}, …}` |
# | `limits` | um dicionário que associa custos ao máximo permitido: `{"gmacs": 5, "memory": 100}`; o que não está nele não tem limite |
#
# Entre as redes que não passam de nenhum limite, devolva o nome da que tem o menor `"error"`; entre várias com o mesmo erro, a que tem menos `"gmacs"`. Se nenhuma cabe, devolva `None`.

# %% exercise="trade-off" difficulty=2 minutes=12
def choose_net(nets, limits):
    ### BEGIN SOLUTION
    fitting = [
        name
        for name, net in nets.items()
        if all(net[cost] <= limit for cost, limit in limits.items())
    ]

    def first_by(name):
        return nets[name]["error"], nets[name]["gmacs"]

    return min(fitting, key=first_by, default=None)
    ### END SOLUTION


# %% check="trade-off" points=2
checks.trade_off(choose_net)

# %% [markdown] lang="en"
# <details><summary>Hint: “How do I go through limits that I don't know?”</summary>
#
# `for cost, limit in limits.items()` goes through those that are there. A net fits if `net[cost] <= limit` for *all* of them.
# </details>
# <details><summary>Hint: “How do I get the best of a list of names?”</summary>
#
# `min(names, key=lambda name: nets[name]["error"])`. The key may be a pair, `(first, second)`: the second decides where the first is equal. `default=None` is for the empty list.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como percorro limites que não conheço?”</summary>
#
# `for cost, limit in limits.items()` percorre os que existem. Uma rede cabe se `net[cost] <= limit` para *todos* eles.
# </details>
# <details><summary>Dica: “Como acho o melhor de uma lista de nomes?”</summary>
#
# `min(names, key=lambda name: nets[name]["error"])`. A chave pode ser um par, `(first, second)`: o segundo decide quando o primeiro é igual. `default=None` serve para a lista vazia.
# </details>

# %% [markdown] lang="en"
# ### When *not* to use a big ResNet
#
# The table shows seven nets to choose from, with their figures for a photo of 224 × 224: millions of parameters, GMACs, MiB of activations, top-1 error in % (torchvision, V1). The columns have the names that `limits` uses.

# %% [markdown] lang="pt"
# ### Quando *não* usar uma ResNet grande
#
# A tabela mostra sete redes para escolher, com seus números para uma foto de 224 × 224: milhões de parâmetros, GMACs, MiB de ativações, erro top-1 em % (torchvision, V1). As colunas têm os nomes que `limits` usa.

# %% tags=["nbval-check-output"]
candidates = family | {name: net_figures(name) for name in rivals}
costs = {
    name: {part: number(each, ".1f" if part == "memory" else ".2f") for part, each in net.items()}
    for name, net in candidates.items()
}
shapes.table([{"net": name, **each} for name, each in costs.items()])
# pt: shapes.table([{"rede": name, **each} for name, each in costs.items()])

# %% [markdown] lang="en"
# Here are four situations. **Predict** what your function will choose in each.
#
# | key | situation | limits |
# |---|---|---|
# | `phone` | an app may grow by 60 MB, that is, by 15 million weights of 4 bytes | `{"parameters": 15}` |
# | `camera` | a small computer must look at many photos a second | `{"gmacs": 4}` |
# | `training` | a small GPU: 100 MiB of activations per photo | `{"memory": 100}` |
# | `server` | 5 GMACs per photo; memory does not matter | `{"gmacs": 5}` |

# %% [markdown] lang="pt"
# Aqui estão quatro situações. **Preveja** o que a sua função vai escolher em cada uma.
#
# | chave | situação | limites |
# |---|---|---|
# | `phone` | um aplicativo pode crescer 60 MB, ou seja, 15 milhões de pesos de 4 bytes | `{"parameters": 15}` |
# | `camera` | um computador pequeno precisa analisar muitas fotos por segundo | `{"gmacs": 4}` |
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

# %% claims=true
assert 7.5 < price["residual-44"].macs / price["residual-8"].macs < 8.5, {
    "en": "costs eight times as much as",
    "pt": "custa oito vezes o que custa a",
}
assert "wide_resnet50_2" not in chosen.values() and "resnet152" not in chosen.values(), {
    "en": "With these four limits, the net chosen is never the largest",
    "pt": "Com estes quatro limites, a escolhida nunca é a maior",
}

# %% [markdown] lang="en"
# **Explanation.** With these four limits, the net chosen is never the largest. And one limit is in no table: your **task**. On our digits, `residual-44` costs eight times as much as `residual-8` (see the counts of the four small nets above). If the small net's error is low enough, you save the difference. And if you have few labelled images, there is something better than a bigger net: a pre-trained one (lesson 06).

# %% [markdown] lang="pt"
# **Explicação.** Com estes quatro limites, a escolhida nunca é a maior. E um limite não está em tabela nenhuma: a sua **tarefa**. Nos nossos dígitos, a `residual-44` custa oito vezes o que custa a `residual-8` (veja as contas das quatro redes pequenas, acima). Se o erro da rede pequena é baixo o bastante, você poupa a diferença. E, quando há poucas imagens rotuladas, existe algo melhor que uma rede maior: uma pré-treinada (lição 06).

# %% [markdown] lang="en"
# ## Beyond images: the shortcut in a Transformer
#
# Language models are [Transformers](glossary:transformer) (Vaswani et al. 2017), often dozens of blocks deep (GPT-3 has 96: Brown et al. 2020). A text is cut into pieces, the [**tokens**](glossary:token), and each becomes a vector, also called a token. Each block changes the tokens in two steps:
#
# 1. **[Attention](glossary:attention):** the tokens exchange information, because one piece alone means little. Each token is replaced by a weighted mean of all tokens; the better a token matches it, the more that token counts. In a GPT, only the token itself and those before it count.
# 2. A small net (linear, ReLU, linear) changes each token by itself.
#
# Around each step there is … a shortcut. Do shortcuts matter here too?

# %% [markdown] lang="pt"
# ## Além das imagens: o atalho em um Transformer
#
# Modelos de linguagem são [Transformers](glossary:transformer) (Vaswani et al. 2017), muitas vezes com dezenas de blocos (o GPT-3 tem 96: Brown et al. 2020). Um texto é cortado em pedaços, os [**tokens**](glossary:token), e cada um vira um vetor, também chamado token. Cada bloco processa os tokens em dois passos:
#
# 1. **[Atenção](glossary:attention):** os tokens trocam informação, porque um pedaço sozinho diz pouco. Cada token é substituído por uma média ponderada de todos; quanto mais um token combina com ele, mais pesa. Em um GPT, só contam ele mesmo e os anteriores.
# 2. Uma rede pequena (linear, ReLU, linear) age sobre cada token separadamente.
#
# Em volta de cada passo há… um atalho. Os atalhos importam aqui também?

# %% [markdown] lang="en"
# First, we compute attention by hand, for three tokens of two numbers each. How well two tokens match is measured by their *dot product*: multiply number by number, and add. For each token, the softmax turns its products with all tokens into weights that add up to 1. The cell prints these weights, a row for each token, and then the new tokens. (Real attention first sends the tokens through learned linear layers.)

# %% [markdown] lang="pt"
# Primeiro, calculamos a atenção à mão, para três tokens de dois números cada um. O quanto dois tokens combinam é medido pelo *produto escalar* deles: multiplica-se número por número e soma-se. Para cada token, a softmax transforma os produtos dele com todos os tokens em pesos que somam 1. A célula imprime esses pesos, uma linha para cada token, e depois os novos tokens. (A atenção de verdade antes passa os tokens por camadas lineares aprendidas.)

# %% tags=["nbval-check-output"]
def attend(tokens):
    weights = (tokens @ tokens.T).softmax(dim=1)  # a row for each token; it adds up to 1
    # pt: weights = (tokens @ tokens.T).softmax(dim=1)  # uma linha para cada token; ela soma 1
    return weights @ tokens


toy = torch.tensor([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
print((toy @ toy.T).softmax(dim=1))
print(attend(toy))

# %% [markdown] lang="en"
# The first token hardly changes, because it matches itself best; the same holds for the third. The middle one matches all three equally well, so it becomes their plain mean.
#
# Now each of our digits becomes a sentence of 14 tokens, and each token is two rows of pixels. (The gaps in the picture only separate the tokens.) To each token, the net also adds learned numbers that belong to its position, and each step of a block begins by normalising the tokens. After the last block, a linear layer guesses the digit from the mean of the tokens.

# %% [markdown] lang="pt"
# O primeiro token quase não muda, porque é consigo mesmo que ele mais combina; com o terceiro acontece o mesmo. O do meio combina igualmente bem com os três, e por isso vira a média simples deles.
#
# Agora, cada um dos nossos dígitos vira uma frase de 14 tokens, e cada token reúne duas linhas de pixels. (Os vãos na figura só separam os tokens.) A cada token somam-se também números aprendidos, próprios da posição dele, e cada passo de um bloco começa por normalizar os tokens. Depois do último bloco, uma camada linear adivinha o dígito a partir da média dos tokens.

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
# **Predict.** Four small Transformers learn the digits. They have 2 or 8 blocks, with shortcuts (`residual`) or without (`plain`); the number in a name counts the blocks. Does each of them still get *more than half* of its own training images wrong at the end? For each, write `True` or `False`.

# %% [markdown] lang="pt"
# **Preveja.** Quatro Transformers pequenos aprendem os dígitos. Eles têm 2 ou 8 blocos, com atalhos (`residual`) ou sem atalhos (`plain`); o número no nome conta os blocos. Cada um deles ainda erra, no fim, *mais da metade* das próprias imagens de treino? Para cada um, escreva `True` ou `False`.

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
# Each net is trained for five epochs with 1,000 digits, some ten seconds in all:

# %% [markdown] lang="pt"
# Cada rede é treinada por cinco épocas com 1.000 dígitos, uns dez segundos ao todo:

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
trained = train_nets(transformers, seeds=[0], images=1000)
wrong = {name: run.train_error for name, (run,) in trained.items()}
compare_prediction(transformer_prediction, {name: error > 0.5 for name, error in wrong.items()})

# %%
plots.bars(
    "07_width_and_cardinality.figures.transformer",
    wrong,
    percent=True,
    figures={name: number(100 * error, ".1f") for name, error in wrong.items()}
    | {
        "without": number(100 * wrong["plain-8"], ".1f"),
        "with": number(100 * wrong["residual-8"], ".1f"),
    },
)

# %% [markdown] lang="en"
# With two blocks, both nets learn. With eight, the net without shortcuts gets most of its own training images wrong. (The course's tests repeat this with three seeds.) As in lesson 01, the deeper plain net trains worse. One run of each net does not show whether, with shortcuts, the deeper one is better.
#
# Why? In lesson 01 there were two suspects: the gradient vanishes or explodes, or it arrives and training fails all the same (degradation). Errors alone could not tell them apart. So let us measure untrained nets of 8 blocks, three with shortcuts and three without. **Predict** for the nets without shortcuts:
#
# | key | question |
# |---|---|
# | `gradient` | what becomes of the gradient on its way from the last block to the first: `"vanishes"` (less than 1/100 is left), `"survives"` or `"explodes"` (more than 100 times as large)? |
# | `tokens_equal` | after four blocks, do the 14 tokens of a digit still differ (`False`), or has their spread fallen below a millionth of their size (`True`)? |

# %% [markdown] lang="pt"
# Com dois blocos, as duas redes aprendem. Com oito, a rede sem atalhos erra a maior parte das próprias imagens de treino. (Os testes do curso repetem isso com três sementes.) Como na lição 01, a rede simples mais profunda treina pior. Um só treino de cada rede não mostra se, com atalhos, a mais profunda é melhor.
#
# Por quê? Na lição 01 havia dois suspeitos: o gradiente some ou explode, ou ele chega e o treino fracassa mesmo assim (degradação). Os erros sozinhos não os distinguiam. Então vamos medir redes novas de 8 blocos, três com atalhos e três sem atalhos, antes de qualquer treino. **Preveja** para as redes sem atalhos:
#
# | chave | pergunta |
# |---|---|
# | `gradient` | do último bloco ao primeiro, o gradiente some (`"vanishes"`: sobra menos de 1/100), sobrevive (`"survives"`) ou explode (`"explodes"`: fica mais de 100 vezes maior)? |
# | `tokens_equal` | depois de quatro blocos, os 14 tokens de um dígito ainda diferem (`False`), ou a dispersão deles já é menor que um milionésimo do tamanho deles (`True`)? |

# %% predict="collapse"
### BEGIN SOLUTION
# was: collapse_prediction = {"gradient": ..., "tokens_equal": ...}
collapse_prediction = {"gradient": "survives", "tokens_equal": True}
### END SOLUTION

# %% [markdown] lang="en"
# For each net, the cell prints how large the gradient is in the first linear layer of step 2, once for the first block and once for the last. Then it prints the *spread* of the tokens after the fourth block: how far apart they are, relative to their size.

# %% [markdown] lang="pt"
# Para cada rede, a célula imprime o tamanho do gradiente na primeira camada linear do passo 2, uma vez para o primeiro bloco e outra para o último. Depois imprime a *dispersão* dos tokens após o quarto bloco, isto é, a distância entre os tokens, relativa ao tamanho deles.

# %%
expect(
    collapse_prediction,
    {"gradient": ["vanishes", "survives", "explodes"], "tokens_equal": bool},
)

digits, classes = (each[::40] for each in data.mnist5k())  # 125 digits
# pt: digits, classes = (each[::40] for each in data.mnist5k())  # 125 dígitos
gradients, apart = {"plain-8": [], "residual-8": []}, {"plain-8": [], "residual-8": []}
for name in gradients:
    for seed in range(3):
        torch.manual_seed(seed)
        new = transformers[name]()
        norms = profile_of(new, digits, classes)
        gradients[name].append([norms["blocks.0.mlp.0"], norms["blocks.7.mlp.0"]])
        apart[name].append(token_spread(new, digits))
        (first, last), spread = gradients[name][-1], apart[name][-1][3]
        ends = f"{number(first, '.2f')} and {number(last, '.2f')}"
        # pt: ends = f"{number(first, '.2f')} e {number(last, '.2f')}"
        print(f"{name:10} gradient {ends}, spread {spread:.0e}")
        # pt: print(f"{name:10} gradiente {ends}, dispersão {spread:.0e}")
fates = {fate(each) for each in gradients["plain-8"]}
compare_prediction(
    collapse_prediction,
    {
        "gradient": " / ".join(sorted(fates)),
        "tokens_equal": max(each[3] for each in apart["plain-8"]) < 1e-6,
    },
)

# %%
plots.profile(
    "07_width_and_cardinality.figures.collapse",
    apart,
    figures={
        "without": mean(each[3] for each in apart["plain-8"]),
        "with": mean(each[3] for each in apart["residual-8"]),
    },
)

# %% [markdown] lang="en"
# **Explanation.** The gradient survives. What is lost is the difference between the *tokens*: without shortcuts, all 14 are the same after four untrained blocks, up to rounding (in double precision). What distinguished the strips of the digit is gone, and no later block can bring it back.
#
# What makes the tokens equal? And is that why the net learns so badly? The suspect is attention: it makes means of the tokens, and the next attention makes means of these means. Dong, Cordonnier and Loukas (2021) proved that with attention alone the tokens tend to become equal, and very fast; they call this *rank collapse* (a table whose rows are all equal has rank 1). A shortcut adds the token itself to the mean.

# %% [markdown] lang="pt"
# **Explicação.** O gradiente sobrevive. O que se perde é a diferença entre os *tokens*: sem atalhos, depois de quatro blocos ainda sem treino, os 14 são iguais, salvo arredondamento (em precisão dupla). O que distinguia as tiras do dígito sumiu, e nenhum bloco posterior o traz de volta.
#
# O que iguala os tokens? E é por isso que a rede aprende tão mal? A suspeita é a atenção: ela faz médias dos tokens, e a atenção seguinte faz médias dessas médias. Dong, Cordonnier e Loukas (2021) provaram que, só com a atenção, os tokens tendem a ficar iguais, e muito depressa: o *rank collapse*, colapso do posto (uma tabela de linhas iguais tem posto 1). Um atalho soma o próprio token à média.

# %% [markdown] lang="en"
# ### A test: take attention out
#
# A suspected cause deserves a test that could refute it. So we take attention out: what is left of each block is its small net. **Predict** for 8 such blocks without shortcuts: are the tokens equal after the last block (`tokens_equal`)? And after training, does the net still get more than half of its training images wrong (`most_wrong`)? Write `True` or `False`.

# %% [markdown] lang="pt"
# ### Um teste: tirar a atenção
#
# Uma suspeita merece um teste que possa refutá-la. Então tiramos a atenção: de cada bloco resta a rede pequena. **Preveja** para 8 blocos assim, sem atalhos: os tokens são iguais depois do último bloco (`tokens_equal`)? E, depois do treino, a rede ainda erra mais da metade das imagens de treino (`most_wrong`)? Escreva `True` ou `False`.

# %% predict="control"
### BEGIN SOLUTION
# was: control_prediction = {"tokens_equal": ..., "most_wrong": ...}
control_prediction = {"tokens_equal": False, "most_wrong": True}
### END SOLUTION

# %% [markdown] lang="en"
# The spread is measured in the new net and in the trained one, this time after the last block. The same net with shortcuts is trained too: can it learn the digits at all, although no token ever sees another before the mean at the end?

# %% [markdown] lang="pt"
# A dispersão é medida na rede nova e na treinada, desta vez depois do último bloco. A mesma rede com atalhos também é treinada: será que ela aprende os dígitos, embora nenhum token enxergue outro antes da média no fim?

# %%
expect(control_prediction, {"tokens_equal": bool, "most_wrong": bool})

alone = {
    "plain-8": lambda: SmallTransformer(8, shortcut=False, attention=False),
    "residual-8": lambda: SmallTransformer(8, attention=False),
}
kept_apart, still_wrong = {}, {}
for name, (run,) in train_nets(alone, seeds=[0], images=1000).items():
    torch.manual_seed(0)
    spreads = [token_spread(net, digits)[-1] for net in (alone[name](), run.model)]
    kept_apart[name], still_wrong[name] = min(spreads), run.train_error
    new, after = (number(each, ".2f") for each in spreads)
    error = number(run.train_error, ".1%")
    print(f"{name:10} spread: new {new}, trained {after}; training error {error}")
    # pt: print(f"{name:10} dispersão: nova {new}, treinada {after}; erro de treino {error}")
compare_prediction(
    control_prediction,
    {"tokens_equal": kept_apart["plain-8"] < 1e-6, "most_wrong": still_wrong["plain-8"] > 0.5},
)

# %% claims=true
assert abs(wrong["plain-8"] - still_wrong["plain-8"]) < 0.1, {
    "en": "are less than ten points apart",
    "pt": "diferem em menos de dez pontos",
}

# %% [markdown] lang="en"
# **Explanation.** Without attention the tokens stay apart, before training and after it. So the collapse is real, and attention causes it. But the plain net *still* learns badly, while the same net with shortcuts learns. (The course's tests repeat this with three seeds.) Equal tokens are therefore not the whole explanation. Nor does one run of each net show what equal tokens cost: the plain net's training errors, with attention and without, are less than ten points apart.
#
# Why does the plain net fail even where nothing collapses? That remains open; its gradient was not measured here.
#
# This is only a demonstration: 14 tokens are not a language. It does not show that eight blocks are better than two.

# %% [markdown] lang="pt"
# **Explicação.** Sem atenção os tokens continuam diferentes, antes e depois do treino. O colapso existe, e é a atenção que o causa. Mas *ainda assim* a rede simples aprende mal, enquanto a mesma rede com atalhos aprende. (Os testes do curso repetem isso com três sementes.) Tokens iguais, portanto, não explicam tudo. E um só treino de cada rede não mostra quanto custam os tokens iguais: os erros de treino da rede simples, com atenção e sem ela, diferem em menos de dez pontos.
#
# Por que a rede simples fracassa mesmo sem colapso? Isso fica em aberto: aqui o gradiente dela não foi medido.
#
# É só uma demonstração: 14 tokens não são uma língua. Ela não mostra que oito blocos superam dois.

# %% [markdown] lang="en"
# ### More · Why so fast?
#
# In the figure of the tokens' spread, the line without shortcuts at first falls more and more steeply. The more alike the tokens are, the more evenly attention mixes them, and the faster the last differences disappear. The cell takes the three tokens from before and prints how far they still are from their mean, round after round:

# %% [markdown] lang="pt"
# ### Mais · Por que tão depressa?
#
# Na figura da dispersão dos tokens, a linha sem atalhos, no começo, cai cada vez mais depressa. Quanto mais parecidos os tokens, mais uniforme é a mistura que a atenção faz deles, e mais depressa somem as últimas diferenças. A célula pega os três tokens de antes e imprime a que distância eles ainda estão da média deles, rodada após rodada:

# %%
averaged = toy.double()
for turn in range(1, 7):
    averaged = attend(averaged)
    difference = (averaged - averaged.mean(dim=0)).abs().max().item()
    print(f"{turn}: {difference:.0e}")

# %% [markdown] lang="en"
# ## What you take with you
#
# - Twice the depth costs twice as much; twice the width, four times as much, if input and output both widen.
# - Groups save weights and MACs, not activations. With `groups` and `base_width`, one block becomes the block of three families.
# - Compare at equal cost, in one unit. Three seeds cannot show a gap smaller than their own range.
# - At nearly the same price, our shallow, wide net answers sooner than the deep, thin one. The best net is the best one that fits.
# - In our small Transformers the shortcuts keep the tokens apart, and help even where nothing collapses.
#
# **Next:** in lesson 08 BatchNorm and ReLU come first. What does that change?

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - O dobro da profundidade custa o dobro; o da largura, o quádruplo, se entrada e saída se alargam.
# - Grupos poupam pesos e MACs, mas não ativações. Com `groups` e `base_width`, um só bloco serve a três famílias.
# - Compare pelo mesmo preço, em uma só unidade. Três sementes não mostram diferença menor que a variação entre elas.
# - Por quase o mesmo preço, a nossa rede rasa e larga responde mais rápido que a profunda e estreita. A melhor rede é a melhor que cabe.
# - Nos nossos Transformers pequenos, os atalhos mantêm os tokens diferentes e ajudam mesmo quando nada entra em colapso.
#
# **A seguir:** na lição 08, BatchNorm e ReLU vêm primeiro. O que isso muda?

# %% [markdown] lang="en"
# ## Go further
#
# - Zagoruyko, Komodakis (2016), [Wide Residual Networks](https://arxiv.org/abs/1605.07146): table 1 has the widths; section 3 compares depth, width and time.
# - Xie, Girshick, Dollár, Tu, He (2017), [Aggregated Residual Transformations for Deep Neural Networks](https://arxiv.org/abs/1611.05431): figure 3 has the three
#   forms, table 2 the width that each cardinality leaves at equal cost.
# - Szegedy et al. (2015), [Going Deeper with Convolutions](https://arxiv.org/abs/1409.4842): GoogLeNet and its Inception blocks.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): the 1,001 layers, and the block of Wide ResNet.
# - Vaswani et al. (2017), [Attention Is All You Need](https://arxiv.org/abs/1706.03762): section 3.1, *“we employ a residual connection”*.
# - Brown et al. (2020), [Language Models are Few-Shot Learners](https://arxiv.org/abs/2005.14165): table 2.1 has the 96 layers.
# - Dong, Cordonnier, Loukas (2021), [Attention is not all you need](https://arxiv.org/abs/2103.03404): the proof of rank collapse.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - Zagoruyko, Komodakis (2016), [Wide Residual Networks](https://arxiv.org/abs/1605.07146): a tabela 1 traz as larguras; a seção 3 compara profundidade, largura e tempo.
# - Xie, Girshick, Dollár, Tu, He (2017), [Aggregated Residual Transformations for Deep Neural Networks](https://arxiv.org/abs/1611.05431): a figura 3 traz as três
#   formas; a tabela 2, a largura que cada cardinalidade deixa pelo mesmo custo.
# - Szegedy et al. (2015), [Going Deeper with Convolutions](https://arxiv.org/abs/1409.4842): a GoogLeNet e seus blocos Inception.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): as 1.001 camadas e o bloco da Wide ResNet.
# - Vaswani et al. (2017), [Attention Is All You Need](https://arxiv.org/abs/1706.03762): a seção 3.1, *“we employ a residual connection”*.
# - Brown et al. (2020), [Language Models are Few-Shot Learners](https://arxiv.org/abs/2005.14165): a tabela 2.1 traz as 96 camadas.
# - Dong, Cordonnier, Loukas (2021), [Attention is not all you need](https://arxiv.org/abs/2103.03404): a prova do *rank collapse*.

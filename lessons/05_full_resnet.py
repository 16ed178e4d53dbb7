# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 05 · The whole ResNet: your code, the official weights
#
# You have the blocks. Now you build the net around them, all five sizes from one Python class. You load published weights and get the published numbers. Then you take a net apart again, block by block.
#
# **You will be able to**
# - build ResNet-18 to ResNet-152, and prove number by number that your ResNet-50 equals torchvision's;
# - find where a net goes wrong when nothing complains;
# - read tables of parameters, FLOPs and errors, and say why they disagree;
# - show what a single block is worth in a trained net.
#
# Plan for about 145 minutes; a laptop is enough. If time is short, skip the sections headed “More”.

# %% [markdown] lang="pt"
# # 05 · A ResNet inteira: o seu código, os pesos oficiais
#
# Você já tem os blocos. Agora vai construir a rede em volta deles, nos cinco tamanhos, carregar pesos publicados e obter os números publicados. No fim, desmonta uma rede, bloco por bloco.
#
# **Ao final, você saberá**
# - construir da ResNet-18 à ResNet-152 e provar, número por número, que a sua ResNet-50 é a do torchvision;
# - achar o erro em uma rede quando o programa não acusa nada;
# - ler tabelas de parâmetros, FLOPs e erros e dizer por que discordam;
# - mostrar quanto vale um único bloco em uma rede treinada.
#
# Reserve cerca de 145 minutos; um laptop basta. Se o tempo for curto, pule as seções “Mais”.

# %% setup=true

# %%
import copy
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import get_model, get_model_weights

from resnet_course import checks, data, digit_weights, image_data, plots, small_nets
from resnet_course import resnet as reference
from resnet_course.blocks import BasicBlock, Bottleneck, conv1x1, conv3x3, make_shortcut
from resnet_course.compare import first_divergence
from resnet_course.cost import cost_table, count_cost, count_parameters
from resnet_course.diagrams import draw_stages
from resnet_course.evaluation import accuracy, predict, prediction_table
from resnet_course.experiments import small_net, train_small_nets
from resnet_course.explorers import explore
from resnet_course.language import number
from resnet_course.lesion import lesion_study
from resnet_course.predictions import compare_prediction, expect
from resnet_course.resnet import initialise_convolutions
from resnet_course.training import fit
from resnet_course.transfer import official_weights

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first
#
# The figure shows the whole net for a photo of 224 × 224; it is drawn from the net itself. A taller bar means a larger image (on a logarithmic
# scale); a wider bar, more channels. In lesson 04's picture, height stood for channels. The four blue parts are the **stages**: rows of the blocks you know. The number in a net's name counts the layers with weights on its longest path: convolutions and linear layers, but neither BatchNorms nor projections.
#
# Choose other members of the family. (The last four names belong to lesson 07.) Among the first five, what changes from one to the next, and
# what is the same in all of them?

# %% [markdown] lang="pt"
# ## Primeiro, a figura
#
# A figura mostra a rede inteira para uma foto de 224 × 224; ela é desenhada a partir da própria rede. Quanto mais alta a barra, maior a imagem (em
# escala logarítmica); quanto mais larga, mais canais. Na figura da lição 04 era diferente: lá, a altura indicava os canais. Em azul estão os quatro **estágios**: sequências dos blocos que você conhece. O número no nome da rede conta as camadas com pesos no caminho mais longo: convoluções e camadas lineares, sem contar BatchNorms nem projeções.
#
# Escolha outros membros da família. (Os quatro últimos nomes são da lição 07.) Entre os cinco primeiros, o que muda de um para o outro, e o que é igual em
# todos?

# %%
explore(
    draw_stages,
    "05_full_resnet.figures.stages",
    architecture=list(reference.ARCHITECTURES),
)

# %% [markdown] lang="en"
# The image always takes the same route: a [**stem**](glossary:stem) (7 × 7 convolution with stride 2, BatchNorm, ReLU, max pool with stride 2),
# four stages, the mean over all positions, one linear layer. (A [*max pool*](glossary:max-pool) has no weights: from each window of 3 × 3 numbers it keeps only the
# largest.) Only the kind of block and the number of blocks differ. So two pieces of code are enough: one for a stage, one for the net.
#
# ## One stage
#
# **Predict.** A stage is a row of blocks, and only the first of them may change the shape. How many blocks of each stage have a
# projection on the shortcut (also called *skip connection*)?
#
# | key | stage |
# |---|---|
# | `basic` | 3 BasicBlocks, 64 channels in, `planes` 64, stride 1 |
# | `bottleneck` | 3 Bottlenecks, 64 channels in, `planes` 64, stride 1 |
# | `strided` | 4 Bottlenecks, 256 channels in, `planes` 128, stride 2 |

# %% [markdown] lang="pt"
# O caminho da imagem é sempre o mesmo: uma [**entrada**](glossary:stem) (convolução 7 × 7 com passo 2, BatchNorm, ReLU, *max pool* com passo 2),
# quatro estágios, a média de todas as posições, uma camada linear. (A [*max pool*](glossary:max-pool) não tem pesos: de cada janela de 3 × 3 números, guarda
# só o maior.) Só diferem o tipo de bloco e o número de blocos. Portanto,
# bastam dois pedaços de código: um para o estágio, outro para a rede.
#
# ## Um estágio
#
# **Preveja.** Um estágio é uma sequência de blocos em que só o primeiro pode mudar a forma. Quantos blocos de cada estágio têm uma
# projeção no atalho (também chamado de *skip connection*)?
#
# | chave | estágio |
# |---|---|
# | `basic` | 3 BasicBlocks, entram 64 canais, `planes` 64, passo 1 |
# | `bottleneck` | 3 gargalos, entram 64 canais, `planes` 64, passo 1 |
# | `strided` | 4 gargalos, entram 256 canais, `planes` 128, passo 2 |

# %% predict="projections"
### BEGIN SOLUTION
# was: projections_prediction = {"basic": ..., "bottleneck": ..., "strided": ...}
projections_prediction = {"basic": 0, "bottleneck": 1, "strided": 1}
### END SOLUTION

# %% [markdown] lang="en"
# The cell makes these stages with the reference code and counts their projections:

# %% [markdown] lang="pt"
# A célula cria esses estágios com o código de referência e conta as projeções:

# %% tags=["nbval-check-output"]
expect(projections_prediction, {"basic": int, "bottleneck": int, "strided": int})

stages = {
    "basic": reference.make_layer(BasicBlock, 64, 64, 3),
    "bottleneck": reference.make_layer(Bottleneck, 64, 64, 3),
    "strided": reference.make_layer(Bottleneck, 256, 128, 4, stride=2),
}
counted = {name: sum(b.downsample is not None for b in stage) for name, stage in stages.items()}
compare_prediction(projections_prediction, counted)

# %% [markdown] lang="en"
# **Explanation.** Three BasicBlocks that keep the shape need no projection. The first Bottleneck needs one even at stride 1, because
# 64 channels come in and 4 · 64 go out. After the first block of any stage, everything fits.

# %% [markdown] lang="pt"
# **Explicação.** Três BasicBlocks que mantêm a forma não precisam de projeção. O primeiro gargalo precisa de uma projeção, mesmo com passo 1,
# porque entram 64 canais e saem 4 · 64. Depois do primeiro bloco de qualquer estágio, tudo combina.

# %% [markdown] lang="en" banner="make-layer"
# ## Exercise 1 · `make_layer`
#
# *Why it matters:* with this function, only the kind of block and four numbers change from ResNet-18 to ResNet-152.
#
# Return an `nn.Sequential` of `blocks` blocks. `block` is a class, `BasicBlock` or `Bottleneck`; make one with
# `block(inplanes, planes, stride, downsample)`.
#
# | block | channels in | stride | `downsample` |
# |---|---|---|---|
# | the first | `inplanes` | `stride` | `make_shortcut(inplanes, outplanes, stride)` |
# | all others | `outplanes` | 1 | none |
#
# Every block returns `outplanes = planes * block.expansion` channels. `make_shortcut` is lesson 03's: it returns `None` where
# no projection is needed.
#
# `BasicBlock` and `Bottleneck` are already imported. Would you rather use your own? Paste your two classes from lessons 03 and 04 into a
# new cell just above your `make_layer` and run it; `conv1x1` and `conv3x3` are imported too.

# %% [markdown] lang="pt" banner="make-layer"
# ## Exercício 1 · `make_layer`
#
# *Por que isso importa:* com esta função, da ResNet-18 à ResNet-152 só mudam o tipo de bloco e quatro números.
#
# Devolva uma `nn.Sequential` com `blocks` blocos. `block` é uma classe, `BasicBlock` ou `Bottleneck`; crie um com
# `block(inplanes, planes, stride, downsample)`.
#
# | bloco | canais que entram | passo | `downsample` |
# |---|---|---|---|
# | o primeiro | `inplanes` | `stride` | `make_shortcut(inplanes, outplanes, stride)` |
# | todos os outros | `outplanes` | 1 | nenhum |
#
# De cada bloco saem `outplanes = planes * block.expansion` canais. `make_shortcut` é a da lição 03: ela devolve `None` onde não é
# preciso projetar.
#
# `BasicBlock` e `Bottleneck` já vêm importados. Prefere os seus? Cole as suas duas classes das lições 03 e 04 em uma célula nova, logo acima da
# sua `make_layer`, e execute-a; `conv1x1` e `conv3x3` já estão importadas.

# %% exercise="make-layer" difficulty=3 minutes=20
def make_layer(block, inplanes, planes, blocks, stride=1):
    """[N, inplanes, H, W] -> [N, planes * expansion, ceil(H / stride), ceil(W / stride)]"""
    ### BEGIN SOLUTION
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    return nn.Sequential(*row)
    ### END SOLUTION


# %% check="make-layer" points=3
checks.make_layer(make_layer)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# Make a list with the first block in it. Append the other `blocks - 1` in a loop. Finally, `nn.Sequential(*row)` turns the list into a
# module.
# </details>
# <details><summary>Hint: “It works with BasicBlock and fails with Bottleneck”</summary>
#
# A Bottleneck returns four times `planes`. Which of your numbers must therefore be `planes * block.expansion`?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Faça uma lista com o primeiro bloco. Acrescente os outros `blocks - 1` em um laço. No fim, `nn.Sequential(*row)` transforma a lista em um módulo.
# </details>
# <details><summary>Dica: “Funciona com BasicBlock e falha com o gargalo”</summary>
#
# Um gargalo devolve quatro vezes `planes`. Quais dos seus números, então, precisam ser `planes * block.expansion`?
# </details>

# %% [markdown] lang="en"
# ## The initial weights
#
# Before training, weights are drawn at random. ResNets use the He rule of lesson 01, but with [**fan-out**](glossary:fan-out): the variance is $2 / n$, where $n = k^2 \cdot C_\text{out}$ counts how many outputs one input reaches (at stride 1). In lesson 01, $n$ counted the inputs of one output, and the *signal* kept its size on the way forward. With this count, it is the *gradient* that keeps its size on the way back, in a net of convolutions and ReLUs without shortcuts. `initialise_convolutions(net)` draws the weights of all convolutions of a net by this rule. The cell takes three convolutions of a ResNet-18 and compares the
# standard deviation of their weights (the root of the variance) with the rule.

# %% [markdown] lang="pt"
# ## Os pesos iniciais
#
# Antes do treino, os pesos são sorteados. As ResNets usam a regra de He da lição 01, mas com [**fan-out**](glossary:fan-out): a variância é $2 / n$, em que $n = k^2 \cdot C_\text{out}$ conta quantas saídas uma entrada alcança (com passo 1). Na lição 01, $n$ contava as entradas de uma saída, e era o *sinal* que mantinha o tamanho na ida. Com esta contagem, é o *gradiente* que mantém o tamanho na volta, em uma rede de convoluções e ReLUs sem atalhos. `initialise_convolutions(net)` sorteia por essa regra os pesos de todas as convoluções de uma rede. A célula pega três convoluções de uma ResNet-18 e compara o desvio-padrão dos pesos (a raiz da variância) com a regra.

# %%
torch.manual_seed(0)
net = reference.ResNet(BasicBlock, [2, 2, 2, 2])
for name in ("conv1", "layer2.0.conv1", "layer4.1.conv2"):
    conv = net.get_submodule(name)
    rule = (2 / (conv.kernel_size[0] ** 2 * conv.out_channels)) ** 0.5
    print(f"{name} {conv.weight.std().item()=:.4f} {rule=:.4f}")
    # pt: print(f"{name} medido={conv.weight.std().item():.4f} regra={rule:.4f}")

# %% [markdown] lang="en"
# The weights of all three have the rule's standard deviation, apart from the scatter of a random sample.

# %% [markdown] lang="pt"
# O desvio-padrão dos pesos das três é o da regra, a não ser pela variação de uma amostra aleatória.

# %% [markdown] lang="en"
# ### More · Does the rule still matter with BatchNorm?
#
# A ResNet also has shortcuts and BatchNorms. Does it need the rule? To find out, break it: multiply the weights of every convolution of residual-56 by 3.
#
# **Predict.** After the tripling, is the gradient that reaches the first block more than twice as large as before, in the net with its BatchNorms (`with_batchnorm`)? And in the
# same net with every BatchNorm taken out (`without`)? Write `True` or `False`.

# %% [markdown] lang="pt"
# ### Mais · Com BatchNorm, a regra ainda importa?
#
# Uma ResNet tem também atalhos e BatchNorms. Ela precisa da regra? Para descobrir, quebre-a: multiplique por 3 os pesos de todas as convoluções da residual-56.
#
# **Preveja.** Com isso, o gradiente que chega ao primeiro bloco mais que dobra na rede com BatchNorm (`with_batchnorm`)? E na mesma rede sem nenhuma
# BatchNorm (`without`)? Escreva `True` ou `False`.

# %% predict="scale"
### BEGIN SOLUTION
# was: scale_prediction = {"with_batchnorm": ..., "without": ...}
scale_prediction = {"with_batchnorm": False, "without": True}
### END SOLUTION

# %% [markdown] lang="en"
# `remove_batch_norm` puts an `nn.Identity` in the place of every BatchNorm. `gradient_after_stem` returns the norm of the gradient of the loss with
# respect to what enters the first block:

# %% [markdown] lang="pt"
# `remove_batch_norm` põe uma `nn.Identity` no lugar de cada BatchNorm. `gradient_after_stem` devolve a norma do gradiente da perda em relação ao que
# entra no primeiro bloco:

# %%
def remove_batch_norm(net):
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return net


def gradient_after_stem(net, images, labels):
    entering = net.relu(net.bn1(net.conv1(images))).detach().requires_grad_()
    features = net.layer3(net.layer2(net.layer1(entering)))
    loss = F.cross_entropy(net.fc(net.avgpool(features).flatten(1)), labels)
    return torch.autograd.grad(loss, entering)[0].norm().item()


# %%
expect(scale_prediction, {"with_batchnorm": bool, "without": bool})

digits, digit_labels = (each[::250] for each in data.mnist5k())
digits = digits.double()
times = {}
for name in ("with_batchnorm", "without"):
    torch.manual_seed(0)
    small = small_net("residual-56").double()  # float32 cannot hold some of the numbers
    # pt: small = small_net("residual-56").double()  # alguns números não cabem em float32
    if name == "without":
        remove_batch_norm(small)
    before = gradient_after_stem(small, digits, digit_labels)
    for module in small.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data *= 3
    times[name] = gradient_after_stem(small, digits, digit_labels) / before
    print(f"{name}: gradient × {times[name]:.3g}")
    # pt: print(f"{name}: gradiente × {times[name]:.3g}")
compare_prediction(scale_prediction, {name: factor > 2 for name, factor in times.items()})

# %% [markdown] lang="en"
# **Explanation.** BatchNorm divides whatever a convolution returns by its standard deviation, so the factor 3 cancels: the net computes the same as before, and the same gradient reaches its blocks. Without BatchNorm, what every convolution returns is now multiplied by 3, block after block; what passes through a shortcut is not. So without BatchNorm the size of the initial
# weights is decisive. With it, their size makes no difference to the gradient that reaches the blocks; only the gradient of the weights themselves changes: it is divided by 3. Your ResNet keeps the rule all the same, as torchvision's does.

# %% [markdown] lang="pt"
# **Explicação.** A BatchNorm divide pelo desvio-padrão o que a convolução devolve, e assim o fator 3 se cancela: a rede calcula o mesmo que antes, e o mesmo gradiente chega aos blocos. Sem BatchNorm, o que cada convolução devolve passa a ser multiplicado por 3, bloco após bloco; o que passa pelo atalho, não. Portanto, sem BatchNorm o tamanho dos pesos iniciais
# é decisivo. Com ela, esse tamanho não muda o gradiente que chega aos blocos; só muda o gradiente dos próprios pesos, que fica dividido por 3. Mesmo assim, a sua ResNet mantém a regra, como a do torchvision.

# %% [markdown] lang="en" banner="resnet"
# ## Exercise 2 · `ResNet`
#
# *Why it matters:* this is the class that the whole course has led up to. What you write here will load weights that others have trained.
#
# | attribute | what it is | output for a photo |
# |---|---|---|
# | `conv1` | 7 × 7, 3 → 64, stride 2, padding 3, no bias | 112 × 112 |
# | `bn1`, `relu` | | |
# | `maxpool` | `nn.MaxPool2d`, window 3, stride 2, padding 1 | 56 × 56 |
# | `layer1` | `planes` 64, stride 1 | 56 × 56 |
# | `layer2`, `layer3`, `layer4` | `planes` 128, 256, 512, stride 2 each | 28, 14, 7 |
# | `avgpool` | `nn.AdaptiveAvgPool2d((1, 1))` | 1 × 1 |
# | `fc` | linear, to `num_classes` | |
#
# `layers` holds four numbers: how many blocks each stage has. End `__init__` with `initialise_convolutions(self)`.
#
# `forward` returns the result of `fc`, one number for each class (the [**logits**](glossary:logit)). Do not turn them into probabilities: that is the job of [*softmax*](glossary:softmax),
# which [`F.cross_entropy`](glossary:cross-entropy) already contains.

# %% [markdown] lang="pt" banner="resnet"
# ## Exercício 2 · `ResNet`
#
# *Por que isso importa:* o curso inteiro preparou esta classe. O que você escrever aqui vai carregar pesos que outros treinaram.
#
# | atributo | o que é | saída para uma foto |
# |---|---|---|
# | `conv1` | 7 × 7, 3 → 64, passo 2, preenchimento 3, sem viés | 112 × 112 |
# | `bn1`, `relu` | | |
# | `maxpool` | `nn.MaxPool2d`, janela 3, passo 2, preenchimento 1 | 56 × 56 |
# | `layer1` | `planes` 64, passo 1 | 56 × 56 |
# | `layer2`, `layer3`, `layer4` | `planes` 128, 256, 512, passo 2 em cada um | 28, 14, 7 |
# | `avgpool` | `nn.AdaptiveAvgPool2d((1, 1))` | 1 × 1 |
# | `fc` | linear, para `num_classes` | |
#
# `layers` contém quatro números: quantos blocos tem cada estágio. Termine o `__init__` com `initialise_convolutions(self)`.
#
# O `forward` devolve o resultado de `fc`, um número por classe (os [**logits**](glossary:logit)). Não os transforme em probabilidades: quem faz isso é a [*softmax*](glossary:softmax),
# que já está dentro de [`F.cross_entropy`](glossary:cross-entropy).

# %% exercise="resnet" difficulty=4 minutes=30
class ResNet(nn.Module):
    def __init__(self, block, layers, num_classes=1000):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)

        expansion = block.expansion
        self.layer1 = make_layer(block, 64, 64, layers[0])
        self.layer2 = make_layer(block, 64 * expansion, 128, layers[1], stride=2)
        self.layer3 = make_layer(block, 128 * expansion, 256, layers[2], stride=2)
        self.layer4 = make_layer(block, 256 * expansion, 512, layers[3], stride=2)

        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * expansion, num_classes)
        initialise_convolutions(self)
        ### END SOLUTION

    def forward(self, x):
        """[N, 3, H, W] -> [N, num_classes]"""
        ### BEGIN SOLUTION
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))
        ### END SOLUTION


# %% check="resnet" points=4
checks.resnet(ResNet)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# Each line of the table is one line in `__init__`, from top to bottom, and one call in `forward`.
# </details>
# <details><summary>Hint: “How many channels enter layer2?”</summary>
#
# As many as leave `layer1`: its `planes` times `block.expansion`. With BasicBlock, 64; with Bottleneck, 256.
# </details>
# <details><summary>Hint: “mat1 and mat2 shapes cannot be multiplied”</summary>
#
# `avgpool` returns `[N, C, 1, 1]`, and `fc` wants `[N, C]`. `x.flatten(1)` leaves the first dimension alone and joins the others.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Cada linha da tabela é uma linha no `__init__`, de cima para baixo, e uma chamada no `forward`.
# </details>
# <details><summary>Dica: “Quantos canais entram em layer2?”</summary>
#
# Tantos quantos saem de `layer1`: os `planes` dela vezes `block.expansion`. Com BasicBlock, 64; com o gargalo, 256.
# </details>
# <details><summary>Dica: “mat1 and mat2 shapes cannot be multiplied”</summary>
#
# `avgpool` devolve `[N, C, 1, 1]`, e `fc` quer `[N, C]`. `x.flatten(1)` não mexe na primeira dimensão e junta as outras.
# </details>

# %% [markdown] lang="en"
# ## Published weights in your net
#
# This is the summit of the course: your code loads weights that were trained elsewhere, and reproduces the numbers published with them. The course
# comes with such weights, for handwritten digits. Their **model card** says how they were made, on what data, and how often the net is wrong:

# %% [markdown] lang="pt"
# ## Pesos publicados na sua rede
#
# Este é o ponto alto do curso: o seu código carrega pesos treinados em outro lugar e reproduz os números publicados com eles. O curso já vem com
# pesos assim, para dígitos escritos à mão. A **ficha do modelo** (*model card*) diz como foram feitos, com que dados, e com que frequência a rede erra:

# %%
print(digit_weights.describe_card())

# %% [markdown] lang="en"
# A file of weights holds numbers under names. If your class has the same names and shapes, the weights load with `strict=True`: not one missing, not one too
# many. The cell measures your net twice: with its initial, random weights on 250 of the card's unseen digits, and with the published weights on all 1,000. It also prints the error stated on the card.

# %% [markdown] lang="pt"
# Um arquivo de pesos guarda cada peso com um nome. Se a sua classe tem os mesmos nomes e formas, os pesos se encaixam com `strict=True`: nenhum falta,
# nenhum sobra. A célula mede a sua rede duas vezes: com os pesos aleatórios iniciais, em 250 dos dígitos não vistos da ficha; com os pesos publicados, em todos os 1.000. Ao lado, mostra o erro que está na ficha.

# %%
torch.manual_seed(0)
digit_net = ResNet(BasicBlock, [2, 2, 2, 2], num_classes=10)
unseen = digit_weights.unseen_digits()
first_digits = next(iter(unseen))
newborn_error = 1 - accuracy(digit_net, [first_digits])
print(digit_net.load_state_dict(digit_weights.digit_weights(), strict=True))
probabilities, truth = predict(digit_net, unseen)
my_error = (probabilities.argmax(1) != truth).float().mean().item()
stated = digit_weights.model_card()["unseen"]
card_error = stated["wrong"] / stated["images"]
print(f"{newborn_error=:.1%} {my_error=:.1%} {card_error=:.1%}")
# pt: print(f"recém-nascida={newborn_error:.1%} minha={my_error:.1%} ficha={card_error:.1%}")

# %% [markdown] lang="en"
# The error is the same as on the card: your code, published weights, the published number. (The digits are 64 × 64 pixels here. The mean over all positions lets the
# net take images of any size.) Here are the ten digits whose true class the net finds least probable, each with the net's answer:

# %% [markdown] lang="pt"
# O erro é o mesmo da ficha: o seu código, os pesos publicados, o número publicado. (Aqui os dígitos têm 64 × 64 pixels. Graças à média de todas as posições, a
# rede aceita imagens de qualquer tamanho.) E estes são os dez dígitos cuja classe verdadeira a rede acha menos provável, cada um com a resposta dela:

# %%
hardest = probabilities.gather(1, truth[:, None])[:, 0].argsort(stable=True)[:10]
plots.image_grid(
    unseen.images[hardest],
    truth[hardest],
    list("0123456789"),
    probabilities=probabilities[hardest],
    caption="05_full_resnet.figures.hardest",
    figures={"all_wrong": int((probabilities.argmax(1) != truth).sum())},
)

# %% [markdown] lang="en"
# ### ImageNet's weights
#
# Now come the most famous weights: those of ResNet-50, trained on 1.28 million photos of 1,000 classes. Again they load into your class with `strict=True`. They are too large
# to include in the course, so the cell needs an internet connection once. Without one, both nets get the same random weights: then you can still compare them,
# but not ask them what they see.

# %% [markdown] lang="pt"
# ### Os pesos da ImageNet
#
# Agora vêm os pesos mais famosos: os da ResNet-50, treinada em 1,28 milhão de fotos de 1.000 classes. Eles também se encaixam na sua classe com `strict=True`. São grandes
# demais para vir com o curso; por isso a célula precisa da internet uma vez. Sem ela, as duas redes recebem os mesmos pesos aleatórios: ainda dá para
# compará-las, mas não para perguntar o que elas veem.

# %%
weights, trained = official_weights("resnet50")
mine = ResNet(Bottleneck, [3, 4, 6, 3])
print(mine.load_state_dict(weights, strict=True))
theirs = get_model("resnet50", weights=None)
_ = theirs.load_state_dict(weights)

# %% [markdown] lang="en"
# Both nets get the same photo of a flower, one of scikit-learn's sample images. The photo is cut to a square of 224 × 224; ImageNet's mean is subtracted from each colour, and the result
# is divided by ImageNet's standard deviation, as in the official training. (For the picture, this is undone.) If you like, put the path of a photo of your own in its
# place.

# %% [markdown] lang="pt"
# As duas redes recebem a mesma foto de uma flor, uma das imagens de exemplo do scikit-learn. A foto é cortada em um quadrado de 224 × 224; de cada cor se subtrai a média, e
# o resultado é dividido pelo desvio-padrão, os dois da ImageNet, como no treino oficial. (Na figura, isso é desfeito.) Se quiser usar uma foto sua, ponha o caminho dela na primeira linha da célula.

# %%
PHOTO = image_data.sample_photo()  # or "my_photo.jpg"
# pt: PHOTO = image_data.sample_photo()  # ou "minha_foto.jpg"

photo = image_data.evaluation_transform()(image_data.load_photo(PHOTO)).unsqueeze(0)
mean = torch.tensor(image_data.IMAGENET_MEAN).view(3, 1, 1)
std = torch.tensor(image_data.IMAGENET_STD).view(3, 1, 1)
plots.image_grid(
    (photo * std + mean).clamp(0, 1),
    labels=[0],
    classes=["PHOTO"],
    # pt: classes=["FOTO"],
    columns=3,
    caption="05_full_resnet.figures.photo",
    figures={"shape": " × ".join(map(str, photo.shape[1:]))},
)

# %% [markdown] lang="en"
# The cell prints the largest difference between the two nets' 1,000 logits. With ImageNet's weights it also lists the five classes that your net finds most probable, with both nets' probabilities (the softmax of their logits):

# %% [markdown] lang="pt"
# A célula imprime a maior diferença entre os 1.000 logits das duas redes. Com os pesos da ImageNet, mostra também as cinco classes que a sua rede acha mais prováveis, com as probabilidades das duas (a softmax dos logits de cada uma):

# %%
with torch.no_grad():
    my_logits, their_logits = mine.eval()(photo)[0], theirs.eval()(photo)[0]
print((my_logits - their_logits).abs().max().item())
official = get_model_weights("resnet50").DEFAULT.meta
answers = prediction_table(
    {"mine": my_logits.softmax(0), "torchvision": their_logits.softmax(0)},
    # pt: {"minha": my_logits.softmax(0), "torchvision": their_logits.softmax(0)},
    official["categories"],
)
offline = "With ImageNet's weights, the five most probable classes of the photo appear here."
# pt: offline = "Com os pesos da ImageNet, aparecem aqui as cinco classes mais prováveis da foto."
answers if trained else print(offline)

# %% [markdown] lang="en"
# The difference is zero: your ResNet-50 *is* torchvision's. That holds for random weights too; but only with the trained weights can you see what the net recognises in the photo.
#
# ## A forgotten stride
#
# Somebody forgets the stride of the last stage of the digit net. The cell puts the published weights into this faulty net. **Predict:** does loading fail
# (`load_fails`)? Does the output have a different shape (`other_shape`)? Does the net get more digits wrong (`more_errors`)? Write `True` or `False`.

# %% [markdown] lang="pt"
# A diferença é zero: a sua ResNet-50 *é* a do torchvision. Isso vale também com pesos aleatórios; mas só com os pesos treinados se vê o que ela reconhece na foto.
#
# ## Um passo esquecido
#
# Alguém esquece o passo (*stride*) do último estágio da rede dos dígitos. A célula põe os pesos publicados nessa rede defeituosa. **Preveja:** o carregamento falha
# (`load_fails`)? A saída tem outra forma (`other_shape`)? A rede erra mais dígitos (`more_errors`)? Escreva `True` ou `False`.

# %% predict="mistake"
### BEGIN SOLUTION
# was: mistake_prediction = {"load_fails": ..., "other_shape": ..., "more_errors": ...}
mistake_prediction = {"load_fails": False, "other_shape": False, "more_errors": True}
### END SOLUTION

# %% [markdown] lang="en"
# The cell makes the stage again without `stride=2` and gives it the weights of the right one. Both nets are measured on 250 of the unseen digits:

# %% [markdown] lang="pt"
# A célula cria o estágio de novo, sem `stride=2`, e lhe dá os pesos do estágio correto. As duas redes são medidas em 250 dos dígitos não vistos:

# %%
expect(mistake_prediction, {"load_fails": bool, "other_shape": bool, "more_errors": bool})

suspicious = copy.deepcopy(digit_net)
suspicious.layer4 = make_layer(BasicBlock, 256, 512, 2)  # no stride
# pt: suspicious.layer4 = make_layer(BasicBlock, 256, 512, 2)  # sem o passo

report = suspicious.load_state_dict(digit_net.state_dict(), strict=False)
right_error, wrong_error = (1 - accuracy(net, [first_digits]) for net in (digit_net, suspicious))
print(f"{right_error=:.1%} {wrong_error=:.1%}")
# pt: print(f"certa={right_error:.1%} sem o passo={wrong_error:.1%}")
few_digits = first_digits[0][:2]
shapes = [net.eval()(few_digits).shape for net in (suspicious, digit_net)]
compare_prediction(
    mistake_prediction,
    {
        "load_fails": bool(report.missing_keys or report.unexpected_keys),
        "other_shape": shapes[0] != shapes[1],
        "more_errors": wrong_error > right_error,
    },
)

# %% [markdown] lang="en"
# Nothing complains: a stride is not among the weights, and the mean over all positions takes maps of any size. But the weights were trained for
# a different net, and only the error gives this away.
#
# How do you find the place among 20 convolutions (one in the stem, two in each of eight blocks, three projections)? As in lesson 03: compare with a net you
# trust, layer by layer, and go to the first row that differs.

# %% [markdown] lang="pt"
# Nenhum aviso aparece: o passo não está entre os pesos, e a média de todas as posições aceita mapas de qualquer tamanho. Mas os pesos foram
# treinados para outra rede, e só a taxa de erro denuncia isso.
#
# Como achar o lugar entre 20 convoluções (a da entrada, duas em cada um dos oito blocos e três de projeção)? Como na lição 03: compare com uma rede de
# confiança, camada por camada, e vá à primeira linha que difere.

# %% tags=["nbval-check-output"]
first_divergence(suspicious, reference.create_resnet("resnet18", 10), few_digits, around=2)

# %% [markdown] lang="en"
# Everything before the last stage is the same. The first difference is in `layer4.0`, in the layer that has the stride: 4 × 4 instead of 2 × 2. The checks of this
# lesson look for mistakes in the same way.

# %% [markdown] lang="pt"
# Tudo o que vem antes do último estágio é igual. A primeira diferença está em `layer4.0`, na camada que tem o passo: 4 × 4 em vez de 2 × 2. As verificações
# desta lição procuram erros do mesmo jeito.

# %% [markdown] lang="en" banner="create-resnet"
# ## Exercise 3 · `create_resnet`
#
# *Why it matters:* whoever uses your net should only need its name, and whoever gets the name wrong should be told the right ones.
#
# `create_resnet(architecture, num_classes=1000)` returns your `ResNet` with the recipe of that name:
#
# | name | block | blocks in each stage |
# |---|---|---|
# | `"resnet18"` | BasicBlock | 2, 2, 2, 2 |
# | `"resnet34"` | BasicBlock | 3, 4, 6, 3 |
# | `"resnet50"` | Bottleneck | 3, 4, 6, 3 |
# | `"resnet101"` | Bottleneck | 3, 4, 23, 3 |
# | `"resnet152"` | Bottleneck | 3, 8, 36, 3 |
#
# For any other name it raises a `ValueError` whose text lists all five.

# %% [markdown] lang="pt" banner="create-resnet"
# ## Exercício 3 · `create_resnet`
#
# *Por que isso importa:* quem usa a sua rede só deveria precisar do nome dela; quem erra o nome deveria ver quais existem.
#
# `create_resnet(architecture, num_classes=1000)` devolve a sua `ResNet` com a receita desse nome:
#
# | nome | bloco | blocos em cada estágio |
# |---|---|---|
# | `"resnet18"` | BasicBlock | 2, 2, 2, 2 |
# | `"resnet34"` | BasicBlock | 3, 4, 6, 3 |
# | `"resnet50"` | gargalo | 3, 4, 6, 3 |
# | `"resnet101"` | gargalo | 3, 4, 23, 3 |
# | `"resnet152"` | gargalo | 3, 8, 36, 3 |
#
# Para qualquer outro nome, ela lança um `ValueError` cujo texto lista os cinco.

# %% exercise="create-resnet" difficulty=1 minutes=12
def create_resnet(architecture, num_classes=1000):
    ### BEGIN SOLUTION
    recipes = {
        "resnet18": (BasicBlock, [2, 2, 2, 2]),
        "resnet34": (BasicBlock, [3, 4, 6, 3]),
        "resnet50": (Bottleneck, [3, 4, 6, 3]),
        "resnet101": (Bottleneck, [3, 4, 23, 3]),
        "resnet152": (Bottleneck, [3, 8, 36, 3]),
    }
    if architecture not in recipes:
        raise ValueError(f"{architecture!r} is unknown; the known names are: {', '.join(recipes)}")
        # pt: raise ValueError(f"{architecture!r} não existe; os nomes são: {', '.join(recipes)}")
    block, layers = recipes[architecture]
    return ResNet(block, layers, num_classes)
    ### END SOLUTION


# %% check="create-resnet" points=1
checks.create_resnet(create_resnet)

# %% [markdown] lang="en"
# <details><summary>Hint: “How do I write five recipes without five ifs?”</summary>
#
# A dict that maps each name to a pair: `recipes = {"resnet18": (BasicBlock, [2, 2, 2, 2]), …}`.
# </details>
# <details><summary>Hint: “How do the names get into the error?”</summary>
#
# `", ".join(recipes)` joins the keys of a dict into one text.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como escrevo cinco receitas sem cinco ifs?”</summary>
#
# Um dicionário em que a cada nome corresponde um par: `recipes = {"resnet18": (BasicBlock, [2, 2, 2, 2]), …}`.
# </details>
# <details><summary>Dica: “Como os nomes entram no erro?”</summary>
#
# `", ".join(recipes)` junta as chaves de um dicionário em um só texto.
# </details>

# %% [markdown] lang="en"
# ### Five nets for ten classes
#
# The textbook chapter from which this course grew ends with this demonstration: all five nets, made for ten classes, and what they return for one photo.
#
# **Predict.** With 1,000 classes, ResNet-50 has 25,557,032 parameters. How many `fewer` does it have with 10? Its `fc` takes 2,048 numbers and has a bias.

# %% [markdown] lang="pt"
# ### Cinco redes para dez classes
#
# O capítulo que deu origem a este curso termina com esta demonstração: as cinco redes, feitas para dez classes, e o que elas devolvem para uma foto.
#
# **Preveja.** Com 1.000 classes, a ResNet-50 tem 25.557.032 parâmetros. Quantos a menos (`fewer`) ela tem com 10? A `fc` dela recebe 2.048 números e tem viés.

# %% predict="classes"
### BEGIN SOLUTION
# was: classes_prediction = {"fewer": ...}
classes_prediction = {"fewer": 990 * (2048 + 1)}
### END SOLUTION

# %% [markdown] lang="en"
# The cell prints the trainable parameters and the output's shape for a batch of one photo, 1 × 3 × 224 × 224:

# %% [markdown] lang="pt"
# A célula imprime os parâmetros treináveis e a forma da saída para um lote de uma foto, 1 × 3 × 224 × 224:

# %% tags=["nbval-check-output"]
expect(classes_prediction, {"fewer": int})

names = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
trainable = {}
for name in names:
    net = create_resnet(name, num_classes=10)
    trainable[name] = sum(each.numel() for each in net.parameters() if each.requires_grad)
    with torch.no_grad():
        output = net.eval()(torch.rand(1, 3, 224, 224))
    print(f"{name:9} {number(trainable[name], ','):>10} {list(output.shape)}")
fewer = count_parameters(mine) - trainable["resnet50"]
compare_prediction(classes_prediction, {"fewer": fewer})

# %% [markdown] lang="en"
# **Explanation.** Each of the 990 missing classes had a row of 2,048 weights and a bias. Everything else is the same: the number of classes changes only the last layer, `fc` (the *head*). That is why lesson 06 can replace it.
#
# ### The family in one table
#
# The table compares what code counts in your five nets with what other sources state. Errors are top-1 on ImageNet's validation photos, in %:
#
# | column | whose number |
# |---|---|
# | *chapter* | the textbook chapter mentioned above; it names no implementation (and states accuracies: the errors are 100 minus those) |
# | *paper* | He et al. (2015), tables 2 and 3, ten crops of each photo: four corners and the centre, each also mirrored; the ten answers are averaged (ResNet-18: option A; ResNet-34: option B) |
# | `V1`, `V2` | torchvision's two sets of weights, one crop; read here from the weights' own description |

# %% [markdown] lang="pt"
# **Explicação.** Cada uma das 990 classes que faltam tinha uma linha de 2.048 pesos e um viés. Todo o resto é igual: o número de classes só muda a última camada, `fc` (a *cabeça*). É por isso que a lição 06 pode trocá-la.
#
# ### A família em uma tabela
#
# A tabela compara o que o código conta nas suas cinco redes com o que outras fontes dizem. Os erros são top-1 nas fotos de validação da ImageNet, em %:
#
# | coluna | de quem é o número |
# |---|---|
# | *capítulo* | o texto que deu origem a este curso; ele não diz qual é a implementação (e traz acurácias: os erros são 100 menos elas) |
# | *artigo* | He et al. (2015), tabelas 2 e 3, dez recortes de cada foto: os quatro cantos e o centro, cada um também espelhado; tira-se a média das dez respostas (ResNet-18: opção A; ResNet-34: opção B) |
# | `V1`, `V2` | os dois conjuntos de pesos do torchvision, um recorte; lidos aqui da descrição dos próprios pesos |

# %% tags=["nbval-check-output"]
with torch.device("meta"):  # shapes only, no numbers
# pt: with torch.device("meta"):  # só formas, sem números
    family = cost_table({name: create_resnet(name) for name in names}).iloc[:, :3]
chapter_gflops = (3.66, 7.36, 8.19, 15.52, 23.05)
family["GFLOPs, chapter"] = [number(each, ".2f") for each in chapter_gflops]
# pt: family["GFLOPs, capítulo"] = [number(each, ".2f") for each in chapter_gflops]
chapter_accuracies = (71.0, 74.6, 76.5, 77.6, 78.3)
family["error: chapter"] = [number(100 - each, ".1f") for each in chapter_accuracies]
# pt: family["erro: capítulo"] = [number(100 - each, ".1f") for each in chapter_accuracies]
family["paper"] = [number(each, ".2f") for each in (27.88, 24.52, 22.85, 21.75, 21.43)]
# pt: family["artigo"] = [number(each, ".2f") for each in (27.88, 24.52, 22.85, 21.75, 21.43)]
for version in ("V1", "V2"):
    family[version] = "–"
    for name in names:
        for member in get_model_weights(name):
            if member.name == f"IMAGENET1K_{version}":
                top1 = member.meta["_metrics"]["ImageNet-1K"]["acc@1"]
                family.loc[name, version] = number(100 - top1, ".3f")
family

# %% [markdown] lang="en"
# **Explanation.** Four questions explain nearly every disagreement.
#
# - **FLOPs or MACs?** One multiply-add is two FLOPs; the paper writes “FLOPs” and counts multiply-adds. So 4.1 and 8.2 for ResNet-50 are the same cost in two units.
# - **Which ResNet-50?** The authors' own, with the stride on the first 1 × 1 convolution, costs less (lesson 04).
# - **How many crops?** The paper averages over ten, torchvision uses one.
# - **Which training?** V1 and V2 are weights for the same net. V2 was trained longer with a newer recipe and is measured on photos shrunk to a different size (Vryniotis, 2021). That gains more than going from ResNet-50 to ResNet-152: compare ResNet-50's `V2` with ResNet-152's `V1`.

# %% [markdown] lang="pt"
# **Explicação.** Quatro perguntas explicam quase toda discordância.
#
# - **FLOPs ou MACs?** Um MAC são dois FLOPs; o artigo escreve “FLOPs” e conta MACs. Portanto, 4,1 e 8,2 para a ResNet-50 são o mesmo custo em duas unidades.
# - **Qual ResNet-50?** A dos autores, com o passo na primeira convolução 1 × 1, custa menos (lição 04).
# - **Quantos recortes?** O artigo tira a média de dez; o torchvision usa um.
# - **Qual treino?** V1 e V2 são pesos da mesma rede; V2 foi treinado por mais tempo, com receita mais nova, e é medido em fotos reduzidas a outro tamanho (Vryniotis, 2021). Isso rende mais que passar da ResNet-50 à ResNet-152: compare `V2` da ResNet-50 com `V1` da ResNet-152.

# %% [markdown] lang="en"
# The chapter's errors are close to those of V1 and of the paper, but the chapter does not say how they were measured.
#
# ### More · Where the chapter's FLOPs come from
#
# The chapter's FLOPs are close to those counted here, but not the same. `cost_table` counts only convolutions and `fc`. Do the other layers account for the difference? The cell counts them: two operations for each number that a BatchNorm returns; one for each number from a ReLU or a sum; and, for each number from the *max pool* or the final mean, one for every number in the window.

# %% [markdown] lang="pt"
# Os erros do capítulo ficam perto dos erros do V1 e dos do artigo, mas o capítulo não diz como foram medidos.
#
# ### Mais · De onde vêm os FLOPs do capítulo
#
# Os FLOPs do capítulo são quase os contados aqui, mas não exatamente os mesmos. `cost_table` só conta as convoluções e a `fc`. A diferença vem das outras camadas? A célula as conta: para cada número que a camada devolve, são duas operações na BatchNorm e uma na ReLU ou na soma; na *max pool* e na média final, uma para cada número da janela.

# %% tags=["nbval-check-output"]
def count_the_rest(net):
    """Operations of all that is neither a convolution nor `fc`, for one photo."""
    # pt: """Operações de tudo que não é convolução nem `fc`, para uma foto."""
    price = {
        **{nn.BatchNorm2d: 2, nn.ReLU: 1, BasicBlock: 1, Bottleneck: 1},
        **{nn.MaxPool2d: 9, nn.AdaptiveAvgPool2d: 49},
    }
    counted = []

    def note(module, inputs, output):
        counted.append(price[type(module)] * output.numel())

    for module in net.modules():
        if type(module) in price:
            module.register_forward_hook(note)
    net.eval()(torch.empty(1, 3, 224, 224, device="meta"))
    return sum(counted)


# %% tags=["nbval-check-output"]
for name, chapter in zip(names, chapter_gflops, strict=True):
    with torch.device("meta"):
        net = create_resnet(name)
    alone = count_cost(net).flops / 1e9
    together = alone + count_the_rest(net) / 1e9
    print(f"{name:9} {alone=:.2f} {together=:.2f} {chapter=:.2f}")
    # pt: print(f"{name:9} sozinhas={alone:.2f} com o resto={together:.2f} capítulo={chapter:.2f}")

# %% [markdown] lang="en"
# **Explanation.** The other layers can only increase the total, and they increase it by less than one per cent. For ResNet-101 the chapter states *less* than the convolutions alone need, and for ResNet-18 *more* than everything together: no rule that counts every convolution in full yields all five numbers. The five differ from ours by no more than one per cent, so the unit is certain (FLOPs, not MACs). Nothing more can be said, because the chapter does not name its tool. Whoever publishes a count should say how it was made.

# %% [markdown] lang="pt"
# **Explicação.** As outras camadas só podem aumentar a conta, e a aumentam em menos de um por cento. Para a ResNet-101, o capítulo traz *menos* do que pedem as convoluções sozinhas; para a ResNet-18, *mais* que tudo junto: nenhuma regra que conte todas as convoluções por inteiro produz os cinco números. As diferenças em relação aos nossos números não passam de um por cento; por isso, não há dúvida quanto à unidade: são FLOPs, não MACs. Não dá para dizer mais, porque o capítulo não diz com que ferramenta contou. Quem publica uma contagem deveria dizer como a fez.

# %% [markdown] lang="en"
# ### More · Where else your net is at work
#
# Nets that find objects in a photo (*detection*) or give every pixel a class (*segmentation*) need features first, and often take them from a
# ResNet without its `fc`: a **backbone**. Would yours fit into torchvision's nets for these tasks? The cell compares names and shapes.

# %% [markdown] lang="pt"
# ### Mais · Onde mais a sua rede trabalha
#
# Redes que localizam objetos em uma foto (*detecção*) ou dão uma classe a cada pixel (*segmentação*) precisam primeiro de características, e costumam tirá-las de uma
# ResNet sem a `fc`: um **corpo** (*backbone*). O seu se encaixaria nas redes do torchvision para essas tarefas? A célula compara nomes e formas.

# %% tags=["nbval-check-output"]
with torch.device("meta"):
    own = create_resnet("resnet50").state_dict()
    finders = ("fasterrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn")
    users = {
        name: get_model(name, weights=None, weights_backbone=None).backbone
        for name in (*finders, "fcn_resnet50", "deeplabv3_resnet50")
    }
for name, user in users.items():
    wanted = getattr(user, "body", user).state_dict()
    fitting = sum(key in own and own[key].shape == each.shape for key, each in wanted.items())
    print(f"{name:24} {fitting=} {len(wanted)=} {len(own)=}")
    # pt: print(f"{name:24} encaixam={fitting!r} pedidos={len(wanted)!r} seus={len(own)!r}")

# %% [markdown] lang="en"
# Your ResNet-50 has everything they ask for, under the same names; only the two tensors of `fc` are left over. Faster R-CNN draws a box around each object, Mask R-CNN its
# outline as well; FCN and DeepLab give every pixel a class. (The last two shrink the image less, but that, like every stride, is not among the weights.)

# %% [markdown] lang="pt"
# A sua ResNet-50 tem tudo o que elas pedem, com os mesmos nomes; só sobram os dois tensores da `fc`. A Faster R-CNN põe uma caixa em volta de cada objeto, a Mask R-CNN traça também o
# contorno; a FCN e a DeepLab dão uma classe a cada pixel. (As duas últimas reduzem menos a imagem, mas isso, como todo passo, não está entre os pesos.)

# %% [markdown] lang="en" asked="deeper-is-worse"
# ## Deeper, with shortcuts
#
# Now the experiment of lesson 01 with shortcuts: nets of 20, 56 and 110 layers, trained in nearly the same way. To be quicker, they get 1,200 of its 1,600 digits, in batches of 48 instead of 64: as many steps as there. And the deepest gets a smaller learning rate (see below). In lesson 01, plain-56 got most of its own training images wrong. **Predict:** does residual-110 end with a training error `"below"` or `"above"` 15%?

# %% [markdown] lang="pt" asked="deeper-is-worse"
# ## Redes mais profundas, com atalhos
#
# Agora o experimento da lição 01 com atalhos: redes de 20, 56 e 110 camadas, treinadas quase da mesma maneira. Para ir mais rápido, recebem 1.200 dos 1.600 dígitos de lá, em lotes de 48 em vez de 64: o mesmo número de passos. E a mais profunda recebe uma taxa de aprendizado menor (veja adiante). Na lição 01, a plain-56 terminou errando a maior parte das próprias imagens de treino. **Preveja:** a residual-110 termina com um erro de treino abaixo (`"below"`) ou
# acima (`"above"`) de 15%?

# %% predict="depth"
### BEGIN SOLUTION
# was: depth_prediction = {"residual-110": ...}
depth_prediction = {"residual-110": "below"}
### END SOLUTION

# %% [markdown] lang="en"
# The next cell trains four nets (plain-20 is for later). It takes from half a minute to a few minutes, depending on your machine; residual-110 takes longest.
# It gets a smaller learning rate: 0.01 instead of 0.05. He et al. found the rate of their other nets slightly too large for
# 110 layers to start converging, and began with a smaller one (section 4.2). As a control, residual-20 is trained once more, with 0.01 as well.

# %% [markdown] lang="pt"
# A próxima célula treina quatro redes (a plain-20 será usada mais adiante). Leva de meio minuto a alguns minutos, conforme a sua máquina; a residual-110 é a mais demorada. Ela recebe uma taxa de aprendizado menor: 0,01 em vez de 0,05. He et al. acharam a taxa das outras redes um pouco
# alta demais para que 110 camadas começassem a convergir, e começaram com uma menor (seção 4.2). Como controle, a residual-20 é treinada mais uma vez, também com 0,01.

# %%
expect(depth_prediction, {"residual-110": ["below", "above"]})

quickly = {"seeds": [0], "images": 1200, "batch_size": 48}
runs = train_small_nets(["plain-20", "residual-20", "residual-56"], **quickly)
runs |= train_small_nets(["residual-110"], lr=0.01, **quickly)
for name, (run,) in runs.items():
    on_training, on_others = (number(e, ".1%") for e in (run.train_error, run.validation_error))
    print(f"{name}: training {on_training}, validation {on_others}")
    # pt: print(f"{name}: treino {on_training}, validação {on_others}")
gentle_20 = train_small_nets(["residual-20"], lr=0.01, **quickly)["residual-20"][0]
print(f"residual-20 with rate 0.01: training {number(gentle_20.train_error, '.1%')}")
# pt: print(f"residual-20 com taxa 0,01: treino {number(gentle_20.train_error, '.1%')}")
ended = "below" if runs["residual-110"][0].train_error < 0.15 else "above"
compare_prediction(depth_prediction, {"residual-110": ended})

# %% [markdown] lang="en"
# The figure shows the training errors over the epochs. (Those printed above were measured at the end, with the finished nets; those of the figure were measured during each
# epoch, while the weights were still changing. So they differ a little.)

# %% [markdown] lang="pt"
# A figura mostra os erros de treino ao longo das épocas. (Os impressos acima foram medidos no fim, com as redes prontas; os da figura, ao longo de cada época, enquanto os
# pesos ainda mudavam. Por isso diferem um pouco.)

# %%
deeper = {name: each for name, each in runs.items() if name.startswith("residual")}
plots.training_curves(
    "05_full_resnet.figures.deeper",
    {name: [run.history.train_error for run in each] for name, each in deeper.items()},
    percent=True,
    figures={
        name: number(100 * each[0].history.train_error[-1], ".1f") for name, each in deeper.items()
    },
)

# %% claims=true
assert runs["residual-110"][0].train_error > max(
    runs[name][0].train_error for name in ("residual-20", "residual-56")
), {
    "en": "more training errors than the two shallower nets",
    "pt": "mais erros de treino que as duas redes mais rasas",
}
assert gentle_20.train_error > 2 * runs["residual-110"][0].train_error, {
    "en": "more than twice residual-110's errors",
    "pt": "mais que o dobro dos erros da residual-110",
}

# %% [markdown] lang="en"
# **Explanation.** With shortcuts, 110 layers do train; without them, 56 trained badly (lesson 01). residual-110 ends with more training errors than the two shallower nets. By the errors alone, lesson 01 would call that degradation; but residual-110 also had a learning rate five times smaller. So look at the control: with that same small rate, residual-20 ends with more than twice residual-110's errors (the line *residual-20 with rate 0.01*). At the same rate, then, the deeper net is not the worse one: these errors show no degradation. The larger rate was not tried with residual-110. The course's tests repeat the comparison at the small rate with three seeds.

# %% [markdown] lang="pt"
# **Explicação.** Com atalhos, 110 camadas treinam; sem eles, 56 treinaram mal (lição 01). A residual-110 termina com mais erros de treino que as duas redes mais rasas. Só pelos erros, a lição 01 chamaria isso de degradação; mas a residual-110 também teve uma taxa de aprendizado cinco vezes menor. Por isso, veja o controle: com essa mesma taxa pequena, a residual-20 termina com mais que o dobro dos erros da residual-110 (a linha *residual-20 com taxa 0,01*). Com a mesma taxa, portanto, a mais profunda não é a pior: estes erros não mostram degradação. A taxa maior não foi testada com a residual-110. Os testes do curso repetem, com três sementes, a comparação com a taxa pequena.

# %% [markdown] lang="en"
# residual-20 and residual-56 had the same rate; a few points' difference in one run does not show which is better. If a deeper ResNet is no better on your small task, that need not be your mistake. On ImageNet, with 1.28 million training images (He et al., section 4.1), depth helps: see the family's table above.
#
# How deep can a net get? The cell makes two nets of more than 1,000 layers, one with shortcuts and one without, and trains each on one batch of 16 digits: an epoch is one step, and the second epoch's loss is the loss after it. (This takes seconds; on a slow machine, up to a minute.)


# %% [markdown] lang="pt"
# A residual-20 e a residual-56 tiveram a mesma taxa; poucos pontos de diferença em um só treino não mostram qual é melhor. Em uma tarefa pequena, uma ResNet mais profunda pode não ser melhor, sem erro seu. Na ImageNet, com 1,28 milhão de imagens de treino (He et al., seção 4.1), a profundidade ajuda: veja acima a tabela da família.
#
# Até que profundidade dá para ir? A célula cria duas redes de mais de 1.000 camadas, com atalhos e sem, e treina cada uma com um só lote de 16 dígitos: uma época é um passo, e a perda da segunda época é a perda depois dele. (Leva segundos; em máquinas lentas, até um minuto.)

# %%
images, labels = data.mnist5k()
few = data.Batches(images[::313], labels[::313])
first, last = {}, {}
for kind, create in {
    "plain": small_nets.create_plain_net,
    "residual": small_nets.create_small_resnet,
}.items():
    torch.manual_seed(0)
    very_deep = create(1202, width=8, in_channels=1, stem_stride=2)
    losses = fit(very_deep, few, epochs=2, lr=0.001, seed=0, device="cpu").train_loss
    first[kind], last[kind] = losses
    before, after = (number(loss, ".2f") for loss in losses)
    print(f"{kind}: loss {before}, after a step {after}")
    # pt: print(f"{kind}: perda {before}, depois de um passo {after}")
depth = sum(isinstance(module, nn.Conv2d | nn.Linear) for module in very_deep.modules())
weights_in_all = number(count_parameters(very_deep), ",")
print(f"{depth=} weights: {weights_in_all}")
# pt: print(f"camadas={depth!r} pesos: {weights_in_all}")

# %% claims=true
assert last["residual"] < first["residual"] and not last["plain"] < first["plain"], {
    "en": "a single step of training already lowers the loss of the net with shortcuts, but not that of the plain net",
    "pt": "um único passo de treino já diminui a perda da rede com atalhos, mas não a da rede simples",
}

# %% [markdown] lang="en"
# Both nets have 1,202 layers, and a single step of training already lowers the loss of the net with shortcuts, but not that of the plain net. (`nan`, *not a number*, says that a calculation had no result: numbers had become too large.) But look at where the loss of the net with shortcuts begins: far above the loss of a blind guess, which is $\ln 10$, about 2.3. (Lesson 08 shows why it begins so high.) A single step that lowers so high a loss does not show that the net has learned anything. The paper trained such a net on CIFAR-10: its training error became as low as ResNet-110's, but its *test* error
# stayed higher (section 4.2).

# %% [markdown] lang="pt"
# As duas redes têm 1.202 camadas, e um único passo de treino já diminui a perda da rede com atalhos, mas não a da rede simples. (`nan`, *not a number*, indica uma conta sem resultado: os números já eram grandes demais.) Mas veja onde começa a perda da rede com atalhos: muito acima da perda de um chute às cegas, que é $\ln 10$, cerca de 2,3. (A lição 08 mostra por quê.) Um único passo que diminui uma perda tão alta não mostra que a rede tenha aprendido algo. O artigo treinou uma rede assim no CIFAR-10: ela chegou a um erro de treino tão baixo quanto o da ResNet-110, mas a um erro
# de *teste* maior (seção 4.2).

# %% [markdown] lang="en"
# ## What is one block worth?
#
# If a plain net is a chain, every link counts. What about a residual net? Veit et al. (2016) took a trained residual net and deleted a single block.
#
# | block | what remains in its place |
# |---|---|
# | with $x$ as its shortcut, or without a shortcut | $x$, which is never negative, so it needs no ReLU: `nn.Identity()` |
# | with a projection $W_s x$ | $\mathrm{ReLU}(W_s x)$: `nn.Sequential(projection, nn.ReLU())` |
#
# The nets trained here use option A of lesson 03: where the shape changes, their `downsample` leaves out positions and adds channels of zeros, without any weights. Treat it like a projection.

# %% [markdown] lang="pt"
# ## Quanto vale um bloco?
#
# Se uma rede simples é uma corrente, todo elo conta. E uma rede residual? Veit et al. (2016) pegaram uma rede residual treinada e apagaram um único bloco.
#
# | bloco | o que fica no lugar dele |
# |---|---|
# | com $x$ como atalho, ou sem atalho | $x$, que nunca é negativo e por isso dispensa a ReLU: `nn.Identity()` |
# | com uma projeção $W_s x$ | $\mathrm{ReLU}(W_s x)$: `nn.Sequential(projection, nn.ReLU())` |
#
# As redes treinadas aqui usam a opção A da lição 03: onde a forma muda, o `downsample` delas descarta posições e acrescenta canais de zeros, sem peso algum. Trate-o como uma projeção.

# %% [markdown] lang="en" banner="lesion"
# ## Exercise 4 · `without_block`
#
# *Why it matters:* to know what a part does, take it out and measure. That is what papers call *ablation*.
#
# `without_block(model, stage, index)` returns a **deep copy** of the model (`copy.deepcopy`) in which one block is missing. Stages are counted from 1 (`layer1`),
# blocks from 0. The model itself stays as it is.
#
# | what you need | in code |
# |---|---|
# | the row of blocks of a stage | `getattr(net, f"layer{stage}")` |
# | its projection, if it has one | `getattr(block, "downsample", None)` |
# | put something in a block's place | `row[index] = …` |

# %% [markdown] lang="pt" banner="lesion"
# ## Exercício 4 · `without_block`
#
# *Por que isso importa:* para saber o que uma parte faz, tire-a e meça. É isso que os artigos chamam de *ablation* (ablação).
#
# `without_block(model, stage, index)` devolve uma **cópia profunda** do modelo (`copy.deepcopy`), na qual falta um bloco. Os estágios são contados a partir de 1
# (`layer1`); os blocos, a partir de 0. O próprio modelo fica como está.
#
# | do que você precisa | em código |
# |---|---|
# | a sequência de blocos de um estágio | `getattr(net, f"layer{stage}")` |
# | a projeção dele, se houver | `getattr(block, "downsample", None)` |
# | pôr algo no lugar de um bloco | `row[index] = …` |

# %% exercise="lesion" difficulty=3 minutes=15
def without_block(model, stage, index):
    ### BEGIN SOLUTION
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    shortcut = getattr(row[index], "downsample", None)
    row[index] = nn.Identity() if shortcut is None else nn.Sequential(shortcut, nn.ReLU())
    return net
    ### END SOLUTION


# %% check="lesion" points=2
checks.lesion(without_block)

# %% [markdown] lang="en"
# <details><summary>Hint: “After my function the model itself has changed”</summary>
#
# Make the copy first, and change only the copy. `copy.copy` is not enough: it shares the stages.
# </details>
# <details><summary>Hint: “It fails for the first block of a stage”</summary>
#
# That block halves the image. Without it, something else has to: its projection stays.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Depois da minha função, o próprio modelo mudou”</summary>
#
# Faça a cópia primeiro e mude só a cópia. `copy.copy` não basta: ela compartilha os estágios.
# </details>
# <details><summary>Dica: “Falha no primeiro bloco de um estágio”</summary>
#
# Esse bloco reduz a imagem à metade. Sem ele, outra parte precisa fazer isso: a projeção dele fica.
# </details>

# %% [markdown] lang="en"
# Now comes the study, with your function: each block of plain-20 is taken out once, then each of residual-20, which is just as deep, then each of residual-56. Each time the error is measured again, on the first 500 of the unseen digits. A bar's name is the stage and the block, counted as in exercise 4. (In plain-20 the two blocks that change the shape have to stay: without them the shapes
# no longer fit.) It takes from a few seconds to a minute.

# %% [markdown] lang="pt"
# Agora vem o estudo, com a sua função: cada bloco da plain-20 é retirado uma vez, depois cada um da residual-20, que tem a mesma profundidade, e por fim cada
# um da residual-56. A cada vez, o erro é medido de novo, nos primeiros 500 dos dígitos não vistos. O nome de cada barra é o estágio e o bloco, contados como no exercício 4. (Na plain-20, os dois blocos que mudam a forma precisam ficar:
# sem eles as formas não combinam.) Leva de alguns segundos a um minuto.

# %%
held_images, held_labels = data.split(*data.mnist5k())[1]
held_out = data.Batches(held_images[:500], held_labels[:500], batch_size=500)
rises = {
    name: lesion_study(runs[name][0].model, held_out, without_block)
    for name in ("plain-20", "residual-20", "residual-56")
}
# One scale for all figures.
# pt: # Uma só escala para todas as figuras.
largest_rise = max(max(each.values()) for each in rises.values())
for name in rises:
    print(f"{name}: error with all blocks {1 - accuracy(runs[name][0].model, held_out):.1%}")
    # pt: print(f"{name}: erro com todos os blocos {1 - accuracy(runs[name][0].model, held_out):.1%}")

# %%
plots.bars(
    "05_full_resnet.figures.lesion-plain",
    rises["plain-20"],
    colors=dict.fromkeys(rises["plain-20"], "plain"),
    percent=True,
    longest=largest_rise,
)

# %% [markdown] lang="en"
# This is the residual net of the same depth:

# %% [markdown] lang="pt"
# Esta é a rede residual da mesma profundidade:

# %%
on_average = {}
for name in ("plain-20", "residual-20"):
    same_blocks = [rises[name][block] for block in rises["plain-20"]]
    on_average[name] = number(100 * sum(same_blocks) / len(same_blocks), ".1f")
plots.bars(
    "05_full_resnet.figures.lesion-same-depth",
    rises["residual-20"],
    colors=dict.fromkeys(rises["residual-20"], "residual"),
    percent=True,
    longest=largest_rise,
    figures=on_average,
)

# %% [markdown] lang="en"
# And this is the one with three times as many blocks:

# %% [markdown] lang="pt"
# E esta é a que tem o triplo de blocos:

# %%
plots.bars(
    "05_full_resnet.figures.lesion-residual",
    rises["residual-56"],
    colors=dict.fromkeys(rises["residual-56"], "residual"),
    percent=True,
    longest=largest_rise,
    figures={
        "harmless": sum(rise < 0.05 for rise in rises["residual-56"].values()),
        "blocks": len(rises["residual-56"]),
    },
)

# %% claims=true
assert sum(rises["residual-20"].values()) / 9 < sum(rises["plain-20"].values()) / 7 / 2, {
    "en": "a missing block costs much less on average",
    "pt": "a falta de um bloco custa em média bem menos",
}
assert sum(rise < 0.05 for rise in rises["residual-56"].values()) > 27 / 2, {
    "en": "most blocks hardly count",
    "pt": "a maioria dos blocos quase não faz falta",
}
assert max(rises["residual-56"], key=rises["residual-56"].get).startswith("1."), {
    "en": "the longest bar belongs to an early block",
    "pt": "a barra mais longa é de um bloco do começo",
}

# %% [markdown] lang="en"
# **Explanation.** Each block of the plain net is a link in its only chain. Veit et al. see a residual net as a bundle of paths (lesson 02), which is only roughly right: a ReLU follows each sum. Deleting a block cuts half of these paths; the others remain. At the same depth a missing block costs much less on average, and in the deeper
# net most blocks hardly count. There are exceptions: in residual-56 the longest bar belongs to an early block. Its length differs from run to run. (A net whose error is larger from the start, like the plain one here, has less to lose.)

# %% [markdown] lang="pt"
# **Explicação.** Cada bloco da rede simples é um elo de uma única corrente. Veit et al. veem uma rede residual como um feixe de caminhos (lição 02), o que só vale aproximadamente: cada
# soma passa por uma ReLU. Apagar um bloco corta metade desses caminhos; os outros ficam. Com a mesma profundidade, a falta de um bloco custa em média bem menos, e na rede mais
# profunda a maioria dos blocos quase não faz falta. Há exceções: na residual-56, a barra mais longa é de um bloco do começo. O comprimento dela muda a cada treino. (Uma rede que já erra mais com todos os blocos, como a simples, tem menos a perder.)

# %% [markdown] lang="en"
# Why an early one? A possible reason, not tested here: everything after the early blocks has been trained to read what they return.
#
# With different seeds the bars change, but the picture as a whole does not: the course's tests repeat the study with three seeds.


# %% [markdown] lang="pt"
# Por que um do começo? Uma razão possível, não testada aqui: tudo o que vem depois dos primeiros blocos foi treinado para ler o que eles devolvem.
#
# Com outras sementes, as barras mudam, mas o quadro geral se mantém: os testes do curso repetem o estudo com três sementes.

# %% [markdown] lang="en" asked="stem-for-small-images"
# ## More · A stem for small images
#
# ResNet's stem is made for photos: it turns 224 × 224 pixels into 56 × 56. It shrinks a digit's 28 × 28 to 7 × 7 before the first block
# sees anything. So for small images two lines usually change: `conv1` becomes 3 × 3 with stride 1, and `maxpool` becomes `nn.Identity()`.
#
# **Predict.** For a digit of 28 × 28, how many pixels wide are the maps that leave the last stage with the stem for photos (`photo`)? And with the stem for small images (`small`)?

# %% [markdown] lang="pt" asked="stem-for-small-images"
# ## Mais · Uma entrada para imagens pequenas
#
# A entrada (*stem*) da ResNet é feita para fotos: ela reduz 224 × 224 pixels a 56 × 56. Um dígito de 28 × 28 fica com 7 × 7 antes que o primeiro bloco veja
# qualquer coisa. Para imagens pequenas, por isso, costumam-se trocar duas linhas: `conv1` vira 3 × 3 com passo 1, e `maxpool`, uma `nn.Identity()`.
#
# **Preveja.** Para um dígito de 28 × 28, quantos pixels de largura têm os mapas que saem do último estágio com a entrada para fotos (`photo`)? E com a entrada para imagens pequenas (`small`)?

# %% predict="stem"
### BEGIN SOLUTION
# was: stem_prediction = {"photo": ..., "small": ...}
stem_prediction = {"photo": 1, "small": 4}
### END SOLUTION

# %% [markdown] lang="en"
# The cell makes your ResNet-18 for one grey channel, once with each stem. It prints the maps' width after every stage, and the cost of one digit:

# %% [markdown] lang="pt"
# A célula cria a sua ResNet-18 para um só canal cinza, uma vez com cada entrada. Ela imprime a largura dos mapas depois de cada estágio e o custo de um dígito:

# %%
def with_stem(stem):
    net = create_resnet("resnet18", num_classes=10)
    net.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    if stem == "small":
        net.conv1 = conv3x3(1, 64)
        net.maxpool = nn.Identity()
    return net


# %% tags=["nbval-check-output"]
expect(stem_prediction, {"photo": int, "small": int})

widths = {}
for stem in ("photo", "small"):
    net = with_stem(stem).eval()
    maps, each_width = net.maxpool(net.relu(net.bn1(net.conv1(data.digit(7))))), []
    for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
        maps = stage(maps)
        each_width.append(maps.shape[-1])
    widths[stem] = each_width[-1]
    macs = count_cost(net, (1, 1, 28, 28)).macs
    print(f"{stem} {each_width} MACs={number(macs, ',')}")
compare_prediction(stem_prediction, widths)

# %% [markdown] lang="en"
# **Explanation.** With the stem for photos, a single position is left of the whole digit at the end; with the other, 4 × 4. The price is that in every stage twelve to sixteen times as many
# positions have to be computed. (The paper's nets for CIFAR-10, with 32 × 32 pixels, begin in this way, too.) Another way is to enlarge the images,
# as for the digit net above. And an image larger than 224? The net accepts it, but shrinking it first is cheaper, and usually safer: ImageNet's weights were trained on photos of 224 × 224 or smaller (lesson 06).

# %% [markdown] lang="pt"
# **Explicação.** Com a entrada para fotos, no fim resta uma única posição para o dígito inteiro; com a outra, 4 × 4. O preço é que, em cada estágio, calculam-se de doze a dezesseis vezes mais
# posições. (As redes do artigo para o CIFAR-10, com 32 × 32 pixels, também começam assim.) Outro caminho é ampliar as imagens,
# como para a rede dos dígitos acima. E uma imagem maior que 224? A rede a aceita, mas reduzi-la antes sai mais barato e costuma ser mais seguro: os pesos da ImageNet foram treinados com fotos de 224 × 224 ou menores (lição 06).

# %% [markdown] lang="en"
# ## More · The paper's own experiment, on a GPU
#
# If you have a GPU (in Colab: *Runtime → Change runtime type*), you can repeat the paper's experiment on CIFAR-10: 50,000 photos, 164 epochs, He et al.'s recipe (section 4.2). Set
# `RUN_CIFAR = True`. An interrupted run continues where it stopped. The paper's test errors (table 6): 8.75% with 20 layers, 6.97% with 56, and with 110 layers 6.43% as
# the best of five runs, 6.61% as their mean. The table that the cell prints shows what one photo costs in the forward pass. In training, with the backward pass as well, each photo costs about three times as much, and there are 50,000 · 164 of them.

# %% [markdown] lang="pt"
# ## Mais · O experimento do próprio artigo, em uma GPU
#
# Se você tem uma GPU (no Colab: *Ambiente de execução → Alterar o tipo de ambiente de execução*), pode repetir o experimento do artigo com o CIFAR-10: 50.000 fotos, 164 épocas, a receita de He et al. (seção 4.2). Ponha
# `RUN_CIFAR = True`. Um treino interrompido continua de onde parou. Os erros de teste do artigo (tabela 6): 8,75% com 20 camadas, 6,97% com 56 e, com 110, 6,43% no
# melhor de cinco treinos, 6,61% na média deles. A tabela que a célula imprime diz quanto custa uma foto, só na ida. No treino, com
# a volta, cada foto custa umas três vezes isso, e são 50.000 · 164 fotos.

# %% tags=["nbval-check-output"]
RUN_CIFAR, DEPTH = False, 20  # 20, 56 or 110
# pt: RUN_CIFAR, DEPTH = False, 20  # 20, 56 ou 110


def learning_rate(depth, epoch):
    """The paper's, as a share of 0.1; 110 layers warm up for an epoch."""
    # pt: """A do artigo, como fração de 0,1; com 110 camadas, a época 0 é de aquecimento."""
    if depth == 110 and epoch == 0:
        return 0.1
    return 1.0 if epoch < 82 else 0.1 if epoch < 123 else 0.01


if RUN_CIFAR:
    train, test = (
        data.Batches(
            *data.cifar10(train=part),
            batch_size=128,
            shuffle=part,
            transform=data.cifar10_transform(train=part),
        )
        for part in (True, False)
    )
    net = small_nets.create_small_resnet(DEPTH)
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(sgd, partial(learning_rate, DEPTH))
    file = f"resnet{DEPTH}_cifar10.pt"
    fit(net, train, test, epochs=164, optimizer=sgd, scheduler=schedule, checkpoint=file)
    print(f"{1 - accuracy(net, test)=:.2%}")

cifar_nets = {f"residual-{n}": small_nets.create_small_resnet(n) for n in (20, 56, 110)}
cost_table(cifar_nets, input_size=(1, 3, 32, 32))

# %% [markdown] lang="en"
# ## What you take with you
#
# - A ResNet: stem, four stages, mean, linear layer; only the kind and number of blocks differ.
# - Only a stage's first block can change the shape or have a projection.
# - Names and shapes show that weights fit; only numbers show that the net is the same.
# - Before comparing tables, ask: MACs or FLOPs, variant, crops, training?
# - With shortcuts, 110 layers train: at the same small rate, residual-110 errs less than residual-20.
# - Without one of its blocks, a plain net errs far more. A residual net's error rises much less on average, though single blocks can cost much.
#
# **Next:** lesson 06 teaches a trained ResNet new image classes.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - ResNet: entrada, quatro estágios, média, camada linear; só variam tipo e número de blocos.
# - Só o primeiro bloco do estágio muda a forma ou tem projeção.
# - Nomes e formas mostram que os pesos se encaixam; só números provam que a rede é a mesma.
# - Ao comparar tabelas, pergunte: MACs ou FLOPs, variante, recortes, treino?
# - Com atalhos, 110 camadas treinam: com a mesma taxa pequena, a residual-110 erra menos que a residual-20.
# - Sem um dos blocos, uma rede simples erra muito mais. Em redes residuais, o erro sobe em média bem menos, embora alguns blocos possam custar muito.
#
# **A seguir:** a lição 06 ensina novas categorias a uma ResNet treinada.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): table 1 has the family,
#   section 4.2 CIFAR-10 and the 1,202 layers.
# - Veit, Wilber, Belongie (2016), [Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks](https://arxiv.org/abs/1605.06431): section 4 deletes blocks, one and many.
# - Li, Xu, Taylor, Studer, Goldstein (2018), [Visualizing the Loss Landscape of Neural Nets](https://arxiv.org/abs/1712.09913): pictures of the loss
#   around a trained net: chaotic for a deep plain net, smooth with shortcuts.
# - Wightman, Touvron, Jégou (2021), [ResNet strikes back](https://arxiv.org/abs/2110.00476): how much of an error is due to the training recipe.
# - Vryniotis (2021), [torchvision's newer recipe](https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/):
#   where the V2 weights come from, step by step.
# - Lin et al. (2017), [Feature Pyramid Networks](https://arxiv.org/abs/1612.03144), and He et al. (2017), [Mask R-CNN](https://arxiv.org/abs/1703.06870): what
#   others build on a ResNet.
# - The [source of torchvision's ResNet](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py): you can now read all of it.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): a tabela 1 traz a família;
#   a seção 4.2, o CIFAR-10 e as 1.202 camadas.
# - Veit, Wilber, Belongie (2016), [Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks](https://arxiv.org/abs/1605.06431): a seção 4 apaga blocos, um e muitos.
# - Li, Xu, Taylor, Studer, Goldstein (2018), [Visualizing the Loss Landscape of Neural Nets](https://arxiv.org/abs/1712.09913): figuras da perda
#   em volta de uma rede treinada: caótica em uma rede simples profunda, suave com atalhos.
# - Wightman, Touvron, Jégou (2021), [ResNet strikes back](https://arxiv.org/abs/2110.00476): quanto de um erro se deve à receita de treino.
# - Vryniotis (2021), [a receita mais nova do torchvision](https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/):
#   de onde vêm os pesos V2, passo a passo.
# - Lin et al. (2017), [Feature Pyramid Networks](https://arxiv.org/abs/1612.03144), e He et al. (2017), [Mask R-CNN](https://arxiv.org/abs/1703.06870): o que
#   outros constroem sobre uma ResNet.
# - O [código da ResNet no torchvision](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py): agora você consegue lê-lo inteiro.

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 05 · The whole ResNet: your code, the official weights
#
# You have the blocks. Now you build the net around them, all five sizes with one recipe, put the official weights into it and
# get the official numbers. Then you take it apart again, block by block.
#
# **You will be able to**
# - build ResNet-18 to ResNet-152 and prove, number by number, that they are the real ones;
# - find the place where a net goes wrong although nothing complains;
# - read tables of parameters, FLOPs and accuracies, and say why they disagree;
# - show what a single block is worth in a trained net.
#
# Plan for about 110 minutes; a laptop is enough.

# %% [markdown] lang="pt"
# # 05 · A ResNet inteira: o seu código, os pesos oficiais
#
# Os blocos você já tem. Agora você constrói a rede em volta deles, nos cinco tamanhos e com uma só receita, põe nela os pesos
# oficiais e obtém os números oficiais. Depois a desmonta de novo, bloco por bloco.
#
# **Ao final, você saberá**
# - construir da ResNet-18 à ResNet-152 e provar, número por número, que são as verdadeiras;
# - achar o ponto em que uma rede erra embora nada reclame;
# - ler tabelas de parâmetros, FLOPs e acurácias e dizer por que elas discordam;
# - mostrar quanto vale um único bloco em uma rede treinada.
#
# Reserve cerca de 110 minutos; um laptop comum basta.

# %% setup=true

# %%
import copy
from functools import partial

import torch
from torch import nn
from torchvision.models import get_model, get_model_weights

from resnet_course import checks, data, image_data, plots, small_nets
from resnet_course import resnet as reference
from resnet_course.blocks import BasicBlock, Bottleneck, conv1x1, conv3x3, make_shortcut
from resnet_course.compare import first_divergence
from resnet_course.cost import cost_table, count_parameters
from resnet_course.diagrams import draw_stages
from resnet_course.evaluation import accuracy, prediction_table
from resnet_course.experiments import train_small_nets
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
# The whole net for a photo of 224 × 224, drawn from the net itself. The taller a bar, the larger the image (on a logarithmic
# scale); the wider, the more channels. (In lesson 04's picture it was the other way round: there, height was channels.) Blue are the
# four **stages**, rows of the blocks that you know.
#
# Choose other members of the family. (The last four names are lesson 07's.) What changes from one to the next, and what is the same in
# all of them?

# %% [markdown] lang="pt"
# ## Primeiro, a figura
#
# A rede inteira para uma foto de 224 × 224, desenhada a partir da própria rede. Quanto mais alta a barra, maior a imagem (em
# escala logarítmica); quanto mais larga, mais canais. (Na figura da lição 04 era o contrário: lá, a altura eram os canais.) Em azul, os
# quatro **estágios**, sequências dos blocos que você conhece.
#
# Escolha outros membros da família. (Os quatro últimos nomes são da lição 07.) O que muda de um para o outro, e o que é igual em todos?

# %%
explore(
    draw_stages,
    "05_full_resnet.figures.stages",
    architecture=list(reference.ARCHITECTURES),
)

# %% [markdown] lang="en"
# The image always takes the same route: a [**stem**](glossary:stem) (7 × 7 convolution with stride 2, BatchNorm, ReLU, max pool with stride 2),
# four stages, the mean over all positions, one linear layer. (A [*max pool*](glossary:max-pool) has no weights: of each window of 3 × 3 numbers it keeps the
# largest.) Only the kind of block and the number of blocks differ. So two pieces of code are enough: one for a stage, one for the net.
#
# ## One stage
#
# **Predict.** A stage is a row of blocks of which only the first may change the shape. In how many blocks of each stage is there a
# projection on the shortcut?
#
# | key | stage |
# |---|---|
# | `basic` | 3 BasicBlocks, 64 channels in, `planes` 64, stride 1 |
# | `bottleneck` | 3 Bottlenecks, 64 channels in, `planes` 64, stride 1 |
# | `strided` | 4 Bottlenecks, 256 channels in, `planes` 128, stride 2 |

# %% [markdown] lang="pt"
# O caminho da imagem é sempre o mesmo: uma [**entrada**](glossary:stem) (convolução 7 × 7 com passo 2, BatchNorm, ReLU, *max pool* com passo 2),
# quatro estágios, a média sobre todas as posições, uma camada linear. (A [*max pool*](glossary:max-pool) não tem pesos: de cada janela de 3 × 3 números, guarda
# só o maior.) Só diferem o tipo de bloco e o número de blocos. Portanto,
# bastam dois pedaços de código: um para o estágio, outro para a rede.
#
# ## Um estágio
#
# **Preveja.** Um estágio é uma sequência de blocos em que só o primeiro pode mudar a forma. Em quantos blocos de cada estágio há uma
# projeção no atalho?
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
# The reference's stages are made and their projections counted:

# %% [markdown] lang="pt"
# Os estágios da referência são criados, e suas projeções, contadas:

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
# **Explain.** Three BasicBlocks that keep the shape need none. The first Bottleneck needs one even at stride 1, because
# 64 channels come in and 4 · 64 go out. Behind the first block of any stage everything fits.

# %% [markdown] lang="pt"
# **Explique.** Três BasicBlocks que mantêm a forma não precisam de nenhuma. O primeiro gargalo precisa de uma mesmo com passo 1,
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
# What leaves every block is `outplanes = planes * block.expansion`. `make_shortcut` is that of lesson 03: it returns `None` where
# no projection is needed.
#
# `BasicBlock` and `Bottleneck` are imported already. Rather use your own? Paste your two classes from lessons 03 and 04 into a new cell right
# above your `make_layer` and run it; `conv1x1` and `conv3x3` are imported too.

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
# O que sai de cada bloco é `outplanes = planes * block.expansion`. `make_shortcut` é a da lição 03: ela devolve `None` onde não é
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
# Make a list with the first block in it. Append the other `blocks - 1` in a loop. At the end `nn.Sequential(*row)` makes a module of
# the list.
# </details>
# <details><summary>Hint: “It works with BasicBlock and fails with Bottleneck”</summary>
#
# A Bottleneck returns four times `planes`. Which of your numbers must therefore be `planes * block.expansion`?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Faça uma lista com o primeiro bloco. Acrescente os outros `blocks - 1` em um laço. No fim, `nn.Sequential(*row)` faz um módulo
# da lista.
# </details>
# <details><summary>Dica: “Funciona com BasicBlock e falha com o gargalo”</summary>
#
# Um gargalo devolve quatro vezes `planes`. Quais dos seus números, então, precisam ser `planes * block.expansion`?
# </details>

# %% [markdown] lang="en"
# ## The first weights
#
# Before training, weights are drawn at random. ResNets use the He rule (lesson 01) with [**fan-out**](glossary:fan-out): the variance is $2 / n$, where
# $n = k^2 \cdot C_\text{out}$ counts how many outputs one input reaches. That is the rule for the way back: it keeps the size of
# the *gradient*. `initialise_convolutions(net)` draws all convolutions of a net so. The cell compares the standard deviation (the root
# of the variance) of three of them with the rule.

# %% [markdown] lang="pt"
# ## Os primeiros pesos
#
# Antes do treino, os pesos são sorteados. As ResNets usam a regra de He (lição 01) com [**fan-out**](glossary:fan-out): a variância é $2 / n$, em que
# $n = k^2 \cdot C_\text{out}$ conta quantas saídas uma entrada alcança. É a regra para o caminho de volta: ela mantém o tamanho do
# *gradiente*. `initialise_convolutions(net)` sorteia assim todas as convoluções de uma rede. A célula compara com
# a regra o desvio-padrão (a raiz da variância) de três delas.

# %%
torch.manual_seed(0)
net = reference.ResNet(BasicBlock, [2, 2, 2, 2])
for name in ("conv1", "layer2.0.conv1", "layer4.1.conv2"):
    conv = net.get_submodule(name)
    rule = (2 / (conv.kernel_size[0] ** 2 * conv.out_channels)) ** 0.5
    print(f"{name} {conv.weight.std().item()=:.4f} {rule=:.4f}")
    # pt: print(f"{name} medido={conv.weight.std().item():.4f} regra={rule:.4f}")

# %% [markdown] lang="en" banner="resnet"
# ## Exercise 2 · `ResNet`
#
# *Why it matters:* this is the class. What you write here will take the official weights.
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
# `layers` holds the number of blocks of the four stages. End `__init__` with `initialise_convolutions(self)`.
#
# `forward` returns the result of `fc`, one number for each class (the [**logits**](glossary:logit)). Do not turn them into probabilities: that is what [*softmax*](glossary:softmax) does,
# and [`F.cross_entropy`](glossary:cross-entropy) has it inside.

# %% [markdown] lang="pt" banner="resnet"
# ## Exercício 2 · `ResNet`
#
# *Por que isso importa:* esta é a classe. O que você escrever aqui vai receber os pesos oficiais.
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
# `layers` contém o número de blocos dos quatro estágios. Termine o `__init__` com `initialise_convolutions(self)`.
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
# As many as leave `layer1`: its `planes` times `block.expansion`. With BasicBlock 64, with Bottleneck 256.
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
# `avgpool` devolve `[N, C, 1, 1]`, e `fc` quer `[N, C]`. `x.flatten(1)` deixa a primeira dimensão em paz e junta as outras.
# </details>

# %% [markdown] lang="en"
# ### The official weights in your net
#
# Here is the summit of the course. torchvision's ResNet-50 has its weights under names. If your class has the same names and shapes, they
# load with `strict=True`: not one missing, not one too many. With an internet connection, or if the weights are on your machine already,
# they are those trained on ImageNet; otherwise random ones.

# %% [markdown] lang="pt"
# ### Os pesos oficiais na sua rede
#
# Aqui está o ponto alto do curso. A ResNet-50 do torchvision guarda seus pesos sob nomes. Se a sua classe tem os mesmos nomes e formas, eles
# se encaixam com `strict=True`: nenhum falta, nenhum sobra. Com internet, ou se os pesos já estão na sua máquina, são os treinados na
# ImageNet; senão, pesos aleatórios.

# %%
weights, trained = official_weights("resnet50")
mine = ResNet(Bottleneck, [3, 4, 6, 3])
print(mine.load_state_dict(weights, strict=True))
theirs = get_model("resnet50", weights=None)
_ = theirs.load_state_dict(weights)

# %% [markdown] lang="en"
# A photo for both: a flower that came with scikit-learn. It is cut to a square of 224 × 224, and each colour is shifted and divided by ImageNet's
# mean and standard deviation, as in the official training. (For the picture that is undone.) Put the path of a photo of your own in its place,
# if you like.

# %% [markdown] lang="pt"
# Uma foto para as duas: uma flor que veio com o scikit-learn. Ela é cortada em um quadrado de 224 × 224, e cada cor é deslocada e dividida pela
# média e pelo desvio-padrão da ImageNet, como no treino oficial. (Na figura, isso é desfeito.) Se quiser, ponha no lugar o caminho de uma foto
# sua.

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
# The five classes that your net finds most probable, with the probabilities of both nets (the softmax of their logits), and the largest difference
# between their 1 000 logits:

# %% [markdown] lang="pt"
# As cinco classes que a sua rede acha mais prováveis, com as probabilidades das duas redes (a softmax dos logits) e a maior diferença entre
# os seus 1.000 logits:

# %%
with torch.no_grad():
    my_logits, their_logits = mine.eval()(photo)[0], theirs.eval()(photo)[0]
print((my_logits - their_logits).abs().max().item())
classes = get_model_weights("resnet50").DEFAULT.meta["categories"]
prediction_table(
    {"mine": my_logits.softmax(0), "torchvision": their_logits.softmax(0)}, classes
    # pt: {"minha": my_logits.softmax(0), "torchvision": their_logits.softmax(0)}, classes
)

# %% [markdown] lang="en"
# Zero: your ResNet-50 *is* ResNet-50. If the weights are random, the classes mean nothing, and the comparison means as much as before.
#
# ## A mistake that shows nowhere
#
# Somebody forgets the stride of the last stage. The cell puts the same weights into that net. **Predict:** does loading fail
# (`load_fails`)? Does the output have another shape (`other_shape`)? Are the numbers other ones (`other_numbers`)? Write `True` or `False`.

# %% [markdown] lang="pt"
# Zero: a sua ResNet-50 *é* a ResNet-50. Se os pesos são aleatórios, as classes não querem dizer nada, e a comparação vale o mesmo.
#
# ## Um erro que não aparece em lugar nenhum
#
# Alguém esquece o passo do último estágio. A célula põe os mesmos pesos nessa rede. **Preveja:** o carregamento falha
# (`load_fails`)? A saída tem outra forma (`other_shape`)? Os números são outros (`other_numbers`)? Escreva `True` ou `False`.

# %% predict="mistake"
### BEGIN SOLUTION
# was: mistake_prediction = {"load_fails": ..., "other_shape": ..., "other_numbers": ...}
mistake_prediction = {"load_fails": False, "other_shape": False, "other_numbers": True}
### END SOLUTION

# %% [markdown] lang="en"
# The stage is made anew, without `stride=2`, and gets the weights of the right one.

# %% [markdown] lang="pt"
# O estágio é criado de novo, sem `stride=2`, e recebe os pesos do certo.

# %% tags=["nbval-check-output"]
expect(mistake_prediction, {"load_fails": bool, "other_shape": bool, "other_numbers": bool})

suspicious = copy.deepcopy(mine)
suspicious.layer4 = make_layer(Bottleneck, 1024, 512, 3)  # no stride
# pt: suspicious.layer4 = make_layer(Bottleneck, 1024, 512, 3)  # sem o passo

report = suspicious.load_state_dict(weights, strict=False)
with torch.no_grad():
    logits = suspicious.eval()(photo)[0]
compare_prediction(
    mistake_prediction,
    {
        "load_fails": bool(report.missing_keys or report.unexpected_keys),
        "other_shape": logits.shape != their_logits.shape,
        "other_numbers": not torch.allclose(logits, their_logits, atol=1e-4),
    },
)

# %% [markdown] lang="en"
# Nothing complains: a stride is not among the weights, and the mean over all positions takes images of any size. But the weights were trained for
# another net. (What that costs in accuracy you will measure below, on a net that you train.)
#
# How do you find the place among 53 convolutions (one in the stem, 3 in each of 16 blocks, 4 projections)? As in lesson 03: compare with a
# trusted net, layer by layer, and go to the first row that differs.

# %% [markdown] lang="pt"
# Nada reclama: o passo não está entre os pesos, e a média sobre todas as posições aceita imagens de qualquer tamanho. Mas os pesos foram
# treinados para outra rede. (Quanto isso custa em acurácia você vai medir adiante, em uma rede que você mesmo treina.)
#
# Como achar o erro entre 53 convoluções (a da entrada, 3 em cada um dos 16 blocos e 4 de projeção)? Como na lição 03: compare com uma rede de
# confiança, camada por camada, e vá à primeira linha que difere.

# %% tags=["nbval-check-output"]
first_divergence(suspicious, theirs, photo, around=2)

# %% [markdown] lang="en"
# All before it is the same. The first difference is in `layer4.0`, in the layer that has the stride: 14 × 14 instead of 7 × 7. The checks of this
# lesson look for mistakes in the same way.

# %% [markdown] lang="pt"
# Tudo o que vem antes é igual. A primeira diferença está em `layer4.0`, na camada que tem o passo: 14 × 14 em vez de 7 × 7. As verificações
# desta lição procuram erros do mesmo jeito.

# %% [markdown] lang="en" banner="create-resnet"
# ## Exercise 3 · `create_resnet`
#
# *Why it matters:* a user should only need a net's name, and the error should list the right names.
#
# `create_resnet(architecture, num_classes=1000)` returns your `ResNet` with the recipe of that name:
#
# | name | block | layers |
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
# *Por que isso importa:* quem usa a sua rede só deveria precisar saber o nome dela; se errar o nome, a mensagem mostra quais existem.
#
# `create_resnet(architecture, num_classes=1000)` devolve a sua `ResNet` com a receita desse nome:
#
# | nome | bloco | camadas |
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
# A dict from the name to a pair: `recipes = {"resnet18": (BasicBlock, [2, 2, 2, 2]), …}`.
# </details>
# <details><summary>Hint: “How do the names get into the error?”</summary>
#
# `", ".join(recipes)` joins the keys of a dict to one text.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como escrevo cinco receitas sem cinco ifs?”</summary>
#
# Um dicionário do nome para um par: `recipes = {"resnet18": (BasicBlock, [2, 2, 2, 2]), …}`.
# </details>
# <details><summary>Dica: “Como os nomes entram no erro?”</summary>
#
# `", ".join(recipes)` junta as chaves de um dicionário em um só texto.
# </details>

# %% [markdown] lang="en"
# ### The family in one table
#
# Your five nets, counted by machine, beside the accuracies that their sources report (top-1 on ImageNet's validation photos, in %):
#
# | column | whose number |
# |---|---|
# | *chapter* | the textbook chapter that this course grew from; it names no implementation |
# | *paper* | He et al. (2015), tables 2 and 3, ten crops of each photo: four corners and the centre, each also mirrored; the ten answers are averaged (ResNet-34: option B) |
# | `V1`, `V2` | torchvision's two sets of weights, one crop; read here from the weights' own description |

# %% [markdown] lang="pt"
# ### A família em uma tabela
#
# As suas cinco redes, contadas pela máquina, ao lado das acurácias que as fontes relatam (top-1 nas fotos de validação da ImageNet, em %):
#
# | coluna | de quem é o número |
# |---|---|
# | *capítulo* | o texto que deu origem a este curso; ele não diz qual é a implementação |
# | *artigo* | He et al. (2015), tabelas 2 e 3, dez recortes de cada foto: os quatro cantos e o centro, cada um também espelhado; tira-se a média das dez respostas (ResNet-34: opção B) |
# | `V1`, `V2` | os dois conjuntos de pesos do torchvision, um recorte; lidos aqui da descrição dos próprios pesos |

# %% tags=["nbval-check-output"]
names = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
with torch.device("meta"):  # shapes only, no numbers
# pt: with torch.device("meta"):  # só formas, sem números
    family = cost_table({name: create_resnet(name) for name in names})
family["chapter"] = [number(each, ".1f") for each in (71.0, 74.6, 76.5, 77.6, 78.3)]
# pt: family["capítulo"] = [number(each, ".1f") for each in (71.0, 74.6, 76.5, 77.6, 78.3)]
errors = (27.88, 24.52, 22.85, 21.75, 21.43)  # in %
# pt: errors = (27.88, 24.52, 22.85, 21.75, 21.43)  # em %
family["paper"] = [number(100 - error, ".2f") for error in errors]
# pt: family["artigo"] = [number(100 - error, ".2f") for error in errors]
for version in ("V1", "V2"):
    family[version] = "–"
    for name in names:
        for member in get_model_weights(name):
            if member.name == f"IMAGENET1K_{version}":
                top1 = member.meta["_metrics"]["ImageNet-1K"]["acc@1"]
                family.loc[name, version] = number(top1, ".3f")
family

# %% [markdown] lang="en"
# **Explain.** Why do the sources disagree? Four questions explain nearly everything.
#
# - **FLOPs or MACs?** One multiply-add is two FLOPs; the paper writes “FLOPs” and counts multiply-adds. A table that gives ResNet-50 4.1 and
#   one that gives it 8.2 mean the same net.
# - **Which ResNet-50?** With the stride on the first 1 × 1 it costs less (lesson 04).
# - **Which photo?** The paper averages over ten crops, torchvision looks at one.
# - **Which training?** V1 and V2 are the same net. V2 was trained longer with a newer recipe (Vryniotis, 2021), and that brings more than 100
#   more layers do.
#
# And *chapter*? It names no implementation, so nobody can say. A number without its source is worth little.

# %% [markdown] lang="pt"
# **Explique.** Por que as fontes discordam? Quatro perguntas explicam quase tudo.
#
# - **FLOPs ou MACs?** Um MAC são dois FLOPs; o artigo escreve “FLOPs” e conta MACs. Uma tabela que dá 4,1 à ResNet-50 e outra que dá 8,2
#   falam da mesma rede.
# - **Qual ResNet-50?** Com o passo na primeira 1 × 1, ela custa menos (lição 04).
# - **Qual foto?** O artigo tira a média de dez recortes; o torchvision olha um.
# - **Qual treino?** V1 e V2 são a mesma rede. A V2 foi treinada por mais tempo, com uma receita mais nova (Vryniotis, 2021), e ganha mais
#   com isso do que com 100 camadas.
#
# E *capítulo*? Ninguém sabe: não diz a implementação. Um número sem fonte vale pouco.

# %% [markdown] lang="en" asked="deeper-is-worse"
# ## Depth that trains
#
# Now the experiment of lesson 01 with shortcuts: nets of 20, 56 and 110 layers, trained on the same 2 000 digits in the same way (but for the learning rate of
# the deepest, see below). There, plain-56 ended with most of its own training images wrong. **Predict:** does residual-110 end `"below"` 15 % training error, or `"above"`?

# %% [markdown] lang="pt" asked="deeper-is-worse"
# ## Profundidade que treina
#
# Agora o experimento da lição 01 com atalhos: redes de 20, 56 e 110 camadas, treinadas com os mesmos 2.000 dígitos e da mesma maneira (a não ser pela taxa
# de aprendizado da mais profunda; veja adiante). Lá, a plain-56 terminou errando a maior parte das próprias imagens de treino. **Preveja:** a residual-110 termina abaixo (`"below"`) ou acima
# (`"above"`) de 15% de erro de treino?

# %% predict="depth"
### BEGIN SOLUTION
# was: depth_prediction = {"residual-110": ...}
depth_prediction = {"residual-110": "below"}
### END SOLUTION

# %% [markdown] lang="en"
# This trains four nets (plain-20 is for later). It takes from half a minute to a few minutes, depending on your machine; the last net takes longest.
# That one, the deepest, gets a smaller learning rate: 0.02 instead of 0.05. He et al. found the rate of their other nets slightly too large for
# 110 layers to start converging, and began with a smaller one (section 4.2).

# %% [markdown] lang="pt"
# Isto treina quatro redes (a plain-20 será usada mais adiante). Leva de meio minuto a alguns minutos, conforme a sua máquina; a última é a mais
# demorada. Essa, a mais profunda, recebe uma taxa de aprendizado menor: 0,02 em vez de 0,05. He et al. acharam a taxa das outras redes um pouco
# alta demais para que 110 camadas começassem a convergir, e começaram com uma menor (seção 4.2).

# %%
expect(depth_prediction, {"residual-110": ["below", "above"]})

runs = train_small_nets(["plain-20", "residual-20", "residual-56"], seeds=[0])
runs |= train_small_nets(["residual-110"], seeds=[0], lr=0.02)
for name, (run,) in runs.items():
    print(name, f"{run.train_error=:.1%} {run.validation_error=:.1%}")
ended = "below" if runs["residual-110"][0].train_error < 0.15 else "above"
compare_prediction(depth_prediction, {"residual-110": ended})

# %% [markdown] lang="en"
# The curves over the epochs. (The errors printed above were measured at the end, with the finished nets; those of the figure, during each epoch, while
# the weights were still changing. So they are not quite the same.)

# %% [markdown] lang="pt"
# As curvas ao longo das épocas. (Os erros impressos acima são medidos no fim, com as redes prontas; os da figura, ao longo de cada época, enquanto os
# pesos ainda mudavam. Por isso não são bem os mesmos.)

# %%
deeper = {name: each for name, each in runs.items() if name.startswith("residual")}
plots.training_curves(
    "05_full_resnet.figures.deeper",
    {name: [run.history.train_error for run in each] for name, each in deeper.items()},
    percent=True,
)

# %% [markdown] lang="en"
# **Explain.** All three train, and none fails as plain-56 did. Look closely, too: on this small task depth does not help; compare the printed errors, above
# all on digits that the nets have not seen (`validation_error`). It is one seed only, and the deepest net has another learning rate, but 20
# layers are plenty for digits. On ImageNet, with 1.28 million training images (He et al., section 4.1), depth helps (the table above).
#
# **And the forgotten stride?** Now you can measure it: residual-20 as it was trained, and a copy without the stride of its last stage, on 1 000 digits
# that no net has seen.

# %% [markdown] lang="pt"
# **Explique.** As três treinam, e nenhuma desaba como a plain-56. Repare também: nesta tarefa pequena a profundidade não ajuda; compare os erros
# impressos, sobretudo em dígitos que as redes não viram (`validation_error`). É uma semente só, e a rede mais profunda tem outra taxa de aprendizado,
# mas para dígitos 20 camadas bastam. Na ImageNet, com 1,28 milhão de imagens de treino (He et al., seção 4.1), a profundidade ajuda (a tabela acima).
#
# **E o passo esquecido?** Agora dá para medir: a residual-20 como foi treinada e uma cópia sem o passo do último estágio, em 1.000 dígitos que
# nenhuma rede viu.

# %%
held_out = data.Batches(*data.split(*data.mnist5k())[1], batch_size=500)
trained_net = runs["residual-20"][0].model
forgetful = copy.deepcopy(trained_net)
forgetful.layer3[0].conv1.stride = (1, 1)
forgetful.layer3[0].downsample.stride = 1
print(f"{accuracy(trained_net, held_out)=:.1%} {accuracy(forgetful, held_out)=:.1%}")

# %% [markdown] lang="en"
# Not one weight has changed, and many answers have.
#
# How deep can a net get? More than 1 000 layers: the cell makes such a net and trains two steps, on 64 digits. (That takes some seconds, on a slow
# machine up to a minute.)

# %% [markdown] lang="pt"
# Nenhum peso mudou, e muitas respostas mudaram.
#
# Até onde se pode ir? Mais de 1.000 camadas: a célula cria uma rede assim e dá dois passos de treino, com 64 dígitos. (Isso leva alguns segundos; em uma
# máquina lenta, até um minuto.)

# %%
torch.manual_seed(0)
very_deep = small_nets.create_small_resnet(1202, width=8, in_channels=1, stem_stride=2)
depth = sum(isinstance(module, nn.Conv2d | nn.Linear) for module in very_deep.modules())
images, labels = data.mnist5k()
few = data.Batches(images[::79], labels[::79])
first, last = fit(very_deep, few, epochs=2, lr=0.001, seed=0, device="cpu").train_loss
print(f"{depth=} {count_parameters(very_deep)=:,} {first=:.2f} {last=:.2f}")
# pt: print(f"camadas={depth!r} pesos={count_parameters(very_deep):,} antes={first:.2f} após={last:.2f}")

# %% [markdown] lang="en"
# *first* is the loss before the first step, *last* the one after it: 1 202 layers, and a single step of training already lowers the loss. (The paper trained such a net on CIFAR-10;
# it reached a training error as low as ResNet-110's, and a higher *test* error: section 4.2.)
#
# ## What is one block worth?
#
# If a plain net is a chain, every link counts. And a residual net? Veit et al. (2016) took a trained net and deleted one block.
#
# | block | what remains in its place |
# |---|---|
# | with $x$ as shortcut, or without any | $x$: `nn.Identity()` |
# | with a projection $W_s x$ | $\mathrm{ReLU}(W_s x)$: `nn.Sequential(projection, nn.ReLU())` |
#
# (The nets trained here use option A of lesson 03: their `downsample` has no weights. Treat it in the same way.)

# %% [markdown] lang="pt"
# *Antes* e *após* são a perda antes e depois do primeiro passo. São 1.202 camadas, e um único passo de treino já diminui a perda. (O artigo treinou uma rede assim no CIFAR-10; ela
# chegou a um erro de treino tão baixo quanto o da ResNet-110 e a um erro de *teste* maior: seção 4.2.)
#
# ## Quanto vale um bloco?
#
# Se uma rede simples é uma corrente, todo elo conta. E uma rede residual? Veit et al. (2016) pegaram uma rede treinada e apagaram um bloco.
#
# | bloco | o que fica no lugar dele |
# |---|---|
# | com $x$ como atalho, ou sem atalho | $x$: `nn.Identity()` |
# | com uma projeção $W_s x$ | $\mathrm{ReLU}(W_s x)$: `nn.Sequential(projection, nn.ReLU())` |
#
# (As redes treinadas aqui usam a opção A da lição 03: o `downsample` delas não tem pesos. Trate-o do mesmo jeito.)

# %% [markdown] lang="en" banner="lesion"
# ## Exercise 4 · `without_block`
#
# *Why it matters:* to know what a part does, take it out and measure. That is what papers call *ablation*.
#
# `without_block(model, stage, index)` returns a **full copy** of the model (`copy.deepcopy`) without one of its blocks. Stages count from 1 (`layer1`),
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
# `without_block(model, stage, index)` devolve uma **cópia completa** do modelo (`copy.deepcopy`) sem um de seus blocos. Os estágios são contados a partir de 1
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
# Esse bloco reduz a imagem à metade. Sem ele, alguém precisa fazer isso: a projeção dele fica.
# </details>

# %% [markdown] lang="en"
# Now the study, with your function: each block of plain-20 is taken out once, then each of residual-20, which is as deep, then each of residual-56. Each
# time the accuracy on the same 1 000 digits is measured again. (In plain-20 the two blocks that change the shape have to stay: without them nothing
# fits.) It takes from a few seconds to a minute.

# %% [markdown] lang="pt"
# Agora o estudo, com a sua função: cada bloco da plain-20 é retirado uma vez, depois cada um da residual-20, que tem a mesma profundidade, e por fim cada
# um da residual-56. A cada vez, a acurácia é medida de novo nos mesmos 1.000 dígitos. (Na plain-20, os dois blocos que mudam a forma precisam ficar:
# sem eles as formas não combinam.) Leva de alguns segundos a um minuto.

# %%
losses = {
    name: lesion_study(runs[name][0].model, held_out, without_block)
    for name in ("plain-20", "residual-20", "residual-56")
}
largest_loss = max(max(each.values()) for each in losses.values())  # one scale for all figures
# pt: largest_loss = max(max(each.values()) for each in losses.values())  # uma só escala nas figuras
for name in losses:
    print(name, f"{accuracy(runs[name][0].model, held_out)=:.1%}")

# %%
plots.bars(
    "05_full_resnet.figures.lesion-plain",
    losses["plain-20"],
    colors=dict.fromkeys(losses["plain-20"], "plain"),
    percent=True,
    longest=largest_loss,
)

# %% [markdown] lang="en"
# And the residual net of the same depth:

# %% [markdown] lang="pt"
# E a rede residual da mesma profundidade:

# %%
plots.bars(
    "05_full_resnet.figures.lesion-same-depth",
    losses["residual-20"],
    colors=dict.fromkeys(losses["residual-20"], "residual"),
    percent=True,
    longest=largest_loss,
    figures={
        net: 100 * sum(losses[net].values()) / len(losses[net])
        for net in ("plain-20", "residual-20")
    },
)

# %% [markdown] lang="en"
# And the one with three times as many blocks:

# %% [markdown] lang="pt"
# E a que tem o triplo de blocos:

# %%
plots.bars(
    "05_full_resnet.figures.lesion-residual",
    losses["residual-56"],
    colors=dict.fromkeys(losses["residual-56"], "residual"),
    percent=True,
    longest=largest_loss,
    figures={
        "harmless": sum(loss < 0.05 for loss in losses["residual-56"].values()),
        "blocks": len(losses["residual-56"]),
    },
)

# %% [markdown] lang="en"
# **Explain.** Each block of the plain net is a link of the only chain. A residual net is a bundle of paths (lesson 02), and a deleted block cuts half of
# them; the others still arrive. At the same depth it loses much less, and with more blocks most of them hardly count. Where it still hurts, it is mostly
# an early block, or the first of a stage. (A likely reason, not proved here: all that follows has been trained to read what it makes.)
#
# With other seeds the bars differ, the picture stays: the course's tests use three.

# %% [markdown] lang="pt"
# **Explique.** Cada bloco da rede simples é um elo da única corrente. Uma rede residual é um feixe de caminhos (lição 02), e um bloco apagado corta metade
# deles; os outros ainda chegam. Com a mesma profundidade, ela perde bem menos; com mais blocos, a maioria quase não faz falta. Quando ainda dói, em geral
# é um bloco do começo ou o primeiro de um estágio. (Uma razão provável, não provada aqui: tudo o que vem depois foi treinado para ler o que ele produz.)
#
# Com outras sementes, as barras mudam, e o quadro fica: os testes do curso usam três.

# %% [markdown] lang="en"
# ## On a GPU: the paper's own experiment
#
# If you have a GPU (in Colab: *Runtime → Change runtime type*), you can repeat the paper on CIFAR-10: 50 000 photos, 164 epochs, He et al.'s recipe (section 4.2). Set
# `RUN_CIFAR = True`. An interrupted run goes on where it stopped. The paper's test errors: 8.75 % with 20 layers, 6.97 % with 56, 6.43 % with 110. We have
# not run it ourselves yet. The table gives the cost of one photo forward; with the way back, training costs about three times as much per photo, and
# 50 000 · 164 photos pass through.

# %% [markdown] lang="pt"
# ## Com uma GPU: o experimento do próprio artigo
#
# Se você tem uma GPU (no Colab: *Ambiente de execução → Alterar o tipo de ambiente de execução*), pode repetir o artigo com o CIFAR-10: 50.000 fotos, 164 épocas, a receita de He et al. (seção 4.2). Ponha
# `RUN_CIFAR = True`. Um treino interrompido continua de onde parou. Os erros de teste do artigo: 8,75% com 20 camadas, 6,97% com 56, 6,43% com 110. Nós
# ainda não o executamos. A tabela diz quanto custa uma foto, só na ida; com a volta, o treino custa umas três vezes isso por foto, e são 50.000 · 164
# fotos.

# %% tags=["nbval-check-output"]
RUN_CIFAR, DEPTH = False, 20  # 20, 56 or 110
# pt: RUN_CIFAR, DEPTH = False, 20  # 20, 56 ou 110


def learning_rate(depth, epoch):
    """The paper's, as a share of 0.1; 110 layers warm up for an epoch."""
    # pt: """A do artigo, como fração de 0,1; com 110 camadas, a primeira época é de aquecimento."""
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
# - A ResNet is a stem, four stages, a mean and a linear layer. The kind of block and the number per stage make the member.
# - In a stage only the first block can change the shape or have a projection.
# - Names and shapes show that weights fit; only numbers show that the net is the same.
# - Before you compare tables: MACs or FLOPs, which variant, crops, training?
# - With shortcuts 110 layers train. On an easy task depth does not help.
# - Without one block a plain net is lost; a residual net loses much less, a deep one often next to nothing.
#
# **Next:** in lesson 06 you teach a trained ResNet your own classes.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - Uma ResNet é uma entrada, quatro estágios, uma média e uma camada linear. O tipo de bloco e quantos há em cada estágio definem o membro.
# - Em um estágio, só o primeiro bloco pode mudar a forma ou ter projeção.
# - Nomes e formas mostram que os pesos se encaixam; só números mostram que a rede é a mesma.
# - Antes de comparar tabelas: MACs ou FLOPs, variante, recortes, treino?
# - Com atalhos, 110 camadas treinam. Em uma tarefa fácil, a profundidade não ajuda.
# - Sem um bloco, uma rede simples está perdida; uma residual perde bem menos; uma profunda, muitas vezes, quase nada.
#
# **A seguir:** na lição 06 você ensina as suas próprias classes a uma ResNet treinada.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): table 1 has the family,
#   section 4.2 CIFAR-10 and the 1 202 layers.
# - Veit, Wilber, Belongie (2016), [Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks](https://arxiv.org/abs/1605.06431): section 4 deletes blocks, one and many.
# - Wightman, Touvron, Jégou (2021), [ResNet strikes back](https://arxiv.org/abs/2110.00476): how much of an accuracy is the training.
# - Vryniotis (2021), [torchvision's newer recipe](https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/):
#   where the V2 weights come from, step by step.
# - The [source of torchvision's ResNet](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py): you can now read all of it.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): a tabela 1 traz a família;
#   a seção 4.2, o CIFAR-10 e as 1.202 camadas.
# - Veit, Wilber, Belongie (2016), [Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks](https://arxiv.org/abs/1605.06431): a seção 4 apaga blocos, um e muitos.
# - Wightman, Touvron, Jégou (2021), [ResNet strikes back](https://arxiv.org/abs/2110.00476): quanto de uma acurácia é o treino.
# - Vryniotis (2021), [a receita mais nova do torchvision](https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/):
#   de onde vêm os pesos V2, passo a passo.
# - O [código da ResNet no torchvision](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py): agora você consegue lê-lo inteiro.

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 06 · Transfer learning: standing on a trained backbone
#
# You need not train a ResNet from random weights. Take one that others have trained, give it a new last layer, and a handful of labelled images is
# enough. You will do it, measure what it brings, and meet the trap on the way.
#
# **You will be able to**
# - measure a net without disturbing it;
# - freeze a backbone so that it really stands still;
# - choose between training from scratch, a frozen backbone and fine-tuning, and choose the learning rate;
# - see what a net gets wrong and where it looks;
# - do it all with ImageNet weights and your own photos.
#
# Plan for 110 minutes; only the photos are quicker with a GPU.

# %% [markdown] lang="pt"
# # 06 · Transferência de aprendizado: partir de uma rede treinada
#
# Não é preciso treinar uma ResNet a partir de pesos aleatórios. Pegue uma que outros treinaram e troque a última camada; um punhado de imagens
# rotuladas basta. Você vai fazer isso, medir quanto rende e conhecer a armadilha do caminho.
#
# **Ao final, você saberá**
# - medir uma rede sem perturbá-la;
# - congelar o corpo de uma rede de modo que ele fique parado de verdade;
# - escolher entre treinar do zero, congelar e fazer ajuste fino, e escolher a taxa de aprendizado;
# - ver o que uma rede erra e para onde olha;
# - fazer tudo com pesos da ImageNet e fotos suas.
#
# Reserve 110 minutos; uma GPU só ajuda com fotos.

# %% setup=true gpu=true

# %%
import copy
from functools import partial

import torch
from torch import nn
from torch.optim import SGD
from torchvision.models import get_model, get_model_weights

from resnet_course import checks, data, few_labels, image_data, plots
from resnet_course.evaluation import device_of, most_confident_mistakes, predict
from resnet_course.files import writable_folder
from resnet_course.grad_cam import grad_cam
from resnet_course.language import number
from resnet_course.mlp import deep_mlp, initialise_linear
from resnet_course.predictions import compare_prediction, expect
from resnet_course.training import choose_device, fit
from resnet_course.transfer import official_weights, weights_from

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first
#
# The whole lesson in small: a net learns the digits above, of which there are thousands with labels. Then it is to read the digits below, of which we
# pretend to have labels for 2 to 20 of each class.

# %% [markdown] lang="pt"
# ## Primeiro, a figura
#
# A lição inteira em miniatura: uma rede aprende os dígitos de cima, dos quais há milhares com rótulo. Depois deve ler os de baixo, dos quais fazemos de
# conta que só temos rótulos para 2 a 20 de cada classe.

# %%
mnist_images, mnist_labels = data.mnist5k()
uci_images, uci_labels = few_labels.framed_digits()
plots.image_grid(
    torch.cat([mnist_images[::500], uci_images[:10]]),
    [*mnist_labels[::500], *uci_labels[:10]],
    list("0123456789"),
    columns=10,
    caption="06_transfer_learning.figures.sources",
)

# %% [markdown] lang="en"
# Above MNIST, below the UCI digits: other writers, other forms, and only 8 × 8 pixels. They are put into MNIST's frame here.
#
# A net has two parts with different jobs:
#
# | part | does | knows |
# |---|---|---|
# | [**backbone**](glossary:backbone): all but the last layer | image → [features](glossary:feature) | strokes, corners, loops: useful for any digits |
# | [**head**](glossary:head): `fc` | features → classes | the classes of one task |
#
# [Transfer learning](glossary:transfer-learning) keeps the backbone and replaces the head. But first we need a measurement that we can trust.

# %% [markdown] lang="pt"
# Em cima, o MNIST; embaixo, os dígitos UCI: outras pessoas, outros formulários e só 8 × 8 pixels. Aqui eles estão na moldura do MNIST.
#
# Uma rede tem duas partes, com tarefas diferentes:
#
# | parte | faz | sabe |
# |---|---|---|
# | [**corpo**](glossary:backbone) (*backbone*): tudo menos a última camada | imagem → [características](glossary:feature) | traços, cantos, laços: úteis para quaisquer dígitos |
# | [**cabeça**](glossary:head) (*head*): `fc` | características → classes | as classes de uma tarefa |
#
# A [transferência de aprendizado](glossary:transfer-learning) mantém o corpo e troca a cabeça. Mas antes precisamos de uma medida confiável.

# %% [markdown] lang="en"
# **Two modes.** In train mode (`model.train()`), BatchNorm normalises with the mean and variance of the *batch*, and notes a running mean of them. In eval mode
# (`model.eval()`) it uses those notes. The notes are [**buffers**](glossary:buffer): kept in `state_dict()`, but no parameters. [**Dropout**](glossary:dropout) sets random activations to zero, in train mode only.

# %% [markdown] lang="pt"
# **Dois modos.** Em modo de treino (`model.train()`), a BatchNorm normaliza com a média e a variância do *lote* e anota uma média acumulada delas. Em modo de avaliação
# (`model.eval()`), usa essas anotações. Elas são [***buffers***](glossary:buffer): ficam em `state_dict()`, mas não são parâmetros. O [**Dropout**](glossary:dropout) zera ativações ao acaso, só em modo de treino.

# %% [markdown] lang="en" banner="evaluate"
# ## Exercise 1 · `accuracy`
#
# *Why it matters:* every number of this lesson comes from this function, and a measurement must not change what it measures.
#
# Return how many of the images in `loader` (a [loader](glossary:loader) hands out images and labels, batch by batch) the model gets right, from 0 to 1.
#
# - The model runs in **eval mode** (Dropout silent, BatchNorm with its stored statistics) and without gradients.
# - Afterwards **every module** is in the mode that it had: a frozen part that was in eval mode inside a net in train mode stays so.
# - The last batch may be smaller than the others.
#
# `images.to(device_of(model))` brings the images to where the model is; the labels go the same way.

# %% [markdown] lang="pt" banner="evaluate"
# ## Exercício 1 · `accuracy`
#
# *Por que isso importa:* todos os números desta lição vêm desta função, e uma medida não pode mudar o que mede.
#
# Devolva quantas das imagens em `loader` (um [carregador](glossary:loader), que entrega imagens e rótulos, lote por lote) o modelo acerta, de 0 a 1.
#
# - O modelo roda em **modo de avaliação** (Dropout calado, BatchNorm com as estatísticas guardadas) e sem gradientes.
# - Depois, **cada módulo** está no modo em que estava: uma parte congelada, em modo de avaliação dentro de uma rede em modo de treino, continua assim.
# - O último lote pode ser menor que os outros.
#
# `images.to(device_of(model))` leva as imagens para onde o modelo está; os rótulos vão pelo mesmo caminho.

# %% exercise="evaluate" difficulty=3 minutes=15
def accuracy(model, loader):
    """Share of the images, 0 to 1, whose largest logit is that of their label."""
    # pt: """Fração das imagens, de 0 a 1, cujo maior logit é o do rótulo."""
    ### BEGIN SOLUTION
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            said = model(images.to(device_of(model))).argmax(1).cpu()
            right += (said == labels).sum().item()
            count += len(labels)
    for module, mode in modes:
        module.training = mode
    return right / count
    ### END SOLUTION


# %% check="evaluate" points=2
checks.evaluate(accuracy)

# %% [markdown] lang="en"
# <details><summary>Hint: “How do I remember the mode of every module?”</summary>
#
# `modes = [(module, module.training) for module in model.modules()]` before `model.eval()`; afterwards a loop that sets `module.training = mode`.
# </details>
# <details><summary>Hint: “My number is a little off”</summary>
#
# A mean of the batches' accuracies gives the images of a small last batch too much weight. Add up, and divide once.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como lembro o modo de cada módulo?”</summary>
#
# `modes = [(module, module.training) for module in model.modules()]` antes de `model.eval()`; depois, um laço que define `module.training = mode`.
# </details>
# <details><summary>Dica: “O meu número erra por pouco”</summary>
#
# Uma média das acurácias dos lotes dá peso demais às imagens de um último lote menor. Some tudo e divida uma vez só.
# </details>

# %% [markdown] lang="en"
# ## The net that is already trained
#
# The cell trains a small ResNet on 4 000 digits of MNIST: some seconds. That plays the part of ImageNet.
#
# **Predict.** How many does it get right, of 1 000 other digits of MNIST, and of the UCI digits that it has never seen? `"above"` 90 %, or `"below"`?

# %% [markdown] lang="pt"
# ## A rede que já está treinada
#
# A célula treina uma ResNet pequena com 4.000 dígitos do MNIST: alguns segundos. Ela faz o papel da ImageNet.
#
# **Preveja.** Quantos ela acerta, de 1.000 outros dígitos do MNIST e dos dígitos UCI, que nunca viu? Acima (`"above"`) de 90% ou abaixo (`"below"`)?

# %% predict="source"
### BEGIN SOLUTION
# was: source_prediction = {"mnist": ..., "uci": ...}
source_prediction = {"mnist": "above", "uci": "below"}
### END SOLUTION

# %% [markdown] lang="en"
# It is trained, and your function measures it twice:

# %% [markdown] lang="pt"
# Ela é treinada, e a sua função a mede duas vezes:

# %%
expect(source_prediction, {"mnist": ["below", "above"], "uci": ["below", "above"]})

source = few_labels.train_on_mnist()
reached = {
    "mnist": accuracy(source, few_labels.mnist_held_out()),
    "uci": accuracy(source, few_labels.held_out()),
}
print(*(f"{name}: {share:.1%}" for name, share in reached.items()))
said = {name: "above" if share > 0.9 else "below" for name, share in reached.items()}
compare_prediction(source_prediction, said)

# %% [markdown] lang="en"
# **Explain.** Guessing would give 10 %. So some of what it has learnt holds for the new digits, and much does not: other writers, forms and pixels are enough.
# With a few labels we can do better.

# %% [markdown] lang="pt"
# **Explique.** Chutar daria 10%. Portanto, parte do que ela aprendeu vale para os dígitos novos, e muita coisa não vale: bastam outras pessoas, outros formulários e outros pixels.
# Com uns poucos rótulos, podemos melhorar.

# %% [markdown] lang="en" banner="replace-head"
# ## Exercise 2 · `replace_head`
#
# *Why it matters:* the new task has other classes, and perhaps another number of them.
#
# Put a new, untrained linear layer in the place of `model.fc`, with as many inputs as the old one and `num_classes` outputs. Change the model in
# place, and return it. Nothing else may change.

# %% [markdown] lang="pt" banner="replace-head"
# ## Exercício 2 · `replace_head`
#
# *Por que isso importa:* a tarefa nova tem outras classes, e talvez outro número delas.
#
# Ponha uma camada linear nova, não treinada, no lugar de `model.fc`, com tantas entradas quanto a antiga e `num_classes` saídas. Altere o próprio
# modelo (*in place*) e devolva-o. Nada mais pode mudar.

# %% exercise="replace-head" difficulty=1 minutes=5
def replace_head(model, num_classes):
    ### BEGIN SOLUTION
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model
    ### END SOLUTION


# %% check="replace-head" points=1
checks.replace_head(replace_head)

# %% [markdown] lang="en"
# <details><summary>Hint: “How many inputs does the head have?”</summary>
#
# It differs from net to net: 512 in ResNet-18, 2048 in ResNet-50. The old layer knows: `model.fc.in_features`.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Quantas entradas tem a cabeça?”</summary>
#
# Varia de rede para rede: 512 na ResNet-18, 2048 na ResNet-50. A camada antiga sabe: `model.fc.in_features`.
# </details>

# %% [markdown] lang="en" asked="frozen-batchnorm"
# ## The trap
#
# With two labelled images of each class it seems wise to let only the head learn. The usual code: `requires_grad_(False)` for everything, `True` for the head,
# then the usual training loop, with `model.train()`.
#
# **Predict.** After five steps, how many of these have moved: the backbone's `weights`, and the `buffers` in which BatchNorm keeps its running
# statistics? Write `"none"`, `"some"` or `"all"`.

# %% [markdown] lang="pt" asked="frozen-batchnorm"
# ## A armadilha
#
# Com duas imagens rotuladas de cada classe, parece prudente deixar só a cabeça aprender. O código usual: `requires_grad_(False)` para tudo, `True` para a
# cabeça, depois o laço de treino de sempre, com `model.train()`.
#
# **Preveja.** Depois de cinco passos, quantos destes se moveram: os pesos do corpo (`weights`) e os `buffers` em que a BatchNorm guarda as
# estatísticas? Escreva `"none"` (nenhum), `"some"` (alguns) ou `"all"` (todos).

# %% predict="trap"
### BEGIN SOLUTION
# was: trap_prediction = {"weights": ..., "buffers": ...}
trap_prediction = {"weights": "none", "buffers": "all"}
### END SOLUTION

# %% [markdown] lang="en"
# The function notes all numbers of a net, trains its head for five steps, and counts what has moved in the backbone:

# %% [markdown] lang="pt"
# A função anota todos os números de uma rede, treina a cabeça por cinco passos e conta o que se moveu no corpo:

# %%
def count_moved(net):
    before = copy.deepcopy(net.state_dict())
    few_labels.learn(net, SGD(net.fc.parameters(), lr=0.05), count=2, steps=5)
    moved = {name for name, now in net.state_dict().items() if not now.equal(before[name])}
    weights = {name for name, _ in net.named_parameters() if not name.startswith("fc.")}
    buffers = {name for name, _ in net.named_buffers()}
    return {"weights": (len(moved & weights), len(weights)),
            "buffers": (len(moved & buffers), len(buffers))}  # fmt: skip


# %%
expect(trap_prediction, {"weights": ["none", "some", "all"], "buffers": ["none", "some", "all"]})

trapped = replace_head(copy.deepcopy(source), 10).requires_grad_(False)
trapped.fc.requires_grad_(True)
counted = count_moved(trapped)
print(counted)
words = {n: "none" if m == 0 else "all" if m == t else "some" for n, (m, t) in counted.items()}
compare_prediction(trap_prediction, words)

# %% [markdown] lang="en"
# **Explain.** Not one weight has moved, and every buffer. The running means and variances are no parameters: no optimizer changes them, and
# `requires_grad` does not concern them. In train mode, BatchNorm itself updates them with every batch. The “frozen” backbone now computes other features
# than the one you were given.

# %% [markdown] lang="pt"
# **Explique.** Nenhum peso se moveu, e todos os *buffers*, sim. As médias e variâncias acumuladas não são parâmetros: nenhum otimizador as altera, e
# `requires_grad` não diz respeito a elas. Em modo de treino, a própria BatchNorm as atualiza a cada lote. O corpo “congelado” calcula agora outras
# características, não as daquele que você recebeu.

# %% [markdown] lang="en" banner="freeze-backbone"
# ## Exercise 3 · `freeze_backbone`
#
# *Why it matters:* it is easy to fall into this trap, because nothing complains.
#
# [Freeze](glossary:frozen) everything but `model.fc`, in place, and return the model:
#
# - only the head's parameters need a gradient;
# - every BatchNorm normalises with its stored statistics and leaves them as they are, **also after `model.train()`**;
# - everything else (Dropout, say) follows `model.train()` as usual.
#
# | what you need | in code |
# |---|---|
# | all modules, at any depth | `model.modules()` |
# | a function to call before every run of a layer (a [hook](glossary:hook)) | `layer.register_forward_pre_hook(function)` |
# | what it is called with | `function(layer, inputs)`; it returns nothing |

# %% [markdown] lang="pt" banner="freeze-backbone"
# ## Exercício 3 · `freeze_backbone`
#
# *Por que isso importa:* é fácil cair nesta armadilha, porque nada reclama.
#
# [Congele](glossary:frozen) tudo menos `model.fc` no próprio modelo (*in place*) e devolva-o:
#
# - só os parâmetros da cabeça precisam de gradiente;
# - cada BatchNorm normaliza com as estatísticas guardadas e as deixa como estão, **também depois de `model.train()`**;
# - todo o resto (o Dropout, por exemplo) segue `model.train()` como sempre.
#
# | do que você precisa | em código |
# |---|---|
# | todos os módulos, em qualquer profundidade | `model.modules()` |
# | uma função a chamar antes de cada execução de uma camada (um [gancho](glossary:hook), *hook*) | `layer.register_forward_pre_hook(function)` |
# | como ela é chamada | `function(layer, inputs)`; não devolve nada |

# %% exercise="freeze-backbone" difficulty=4 minutes=25
def freeze_backbone(model):
    ### BEGIN SOLUTION
    def stay_still(norm, inputs):
        norm.eval()

    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(stay_still)
    return model
    ### END SOLUTION


# %% check="freeze-backbone" points=3
checks.freeze_backbone(freeze_backbone)

# %% [markdown] lang="en"
# <details><summary>Hint: “I put BatchNorm into eval mode, and it still moves”</summary>
#
# The training loop says `model.train()` after your function, and that sets all modules. Who speaks last wins: a forward pre-hook speaks right before the run.
# </details>
# <details><summary>Hint: “'BatchNorm2d' object has no attribute …”</summary>
#
# Your hook returns something. Write `def stay_still(norm, inputs):` with the single line `norm.eval()`, and register `stay_still`.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Pus a BatchNorm em modo de avaliação, e ela ainda se move”</summary>
#
# O laço de treino diz `model.train()` depois da sua função, e isso vale para todos os módulos. Quem fala por último vence: um gancho (*hook*) desses fala logo antes da execução.
# </details>
# <details><summary>Dica: “'BatchNorm2d' object has no attribute …”</summary>
#
# O seu gancho devolve algo. Escreva `def stay_still(norm, inputs):` com a única linha `norm.eval()` e registre `stay_still`.
# </details>

# %% [markdown] lang="en"
# The same count again, with your function:

# %% [markdown] lang="pt"
# A mesma contagem, agora com a sua função:

# %% tags=["nbval-check-output"]
frozen = freeze_backbone(replace_head(copy.deepcopy(source), 10))
count_moved(frozen)

# %% [markdown] lang="en"
# What does the trap cost? Both nets are trained to the end, get their **old** head back and read MNIST again:

# %% [markdown] lang="pt"
# Quanto custa a armadilha? As duas redes são treinadas até o fim, recebem de volta a cabeça **antiga** e leem o MNIST de novo:

# %%
new = freeze_backbone(replace_head(copy.deepcopy(source), 10))
for name, taught in {"trapped": copy.deepcopy(trapped), "frozen": new}.items():
# pt: for name, taught in {"da armadilha": copy.deepcopy(trapped), "congelada": new}.items():
    few_labels.learn(taught, SGD(taught.fc.parameters(), lr=0.05, momentum=0.9), count=2)
    taught.fc = copy.deepcopy(source.fc)
    print(f"{name}, MNIST with the old head: {accuracy(taught, few_labels.mnist_held_out()):.1%}")
    # pt: print(f"{name}, MNIST, cabeça antiga: {accuracy(taught, few_labels.mnist_held_out()):.1%}")

# %% [markdown] lang="en"
# The trapped net has lost part of its old task, although none of its weights moved; yours reads MNIST exactly as before. How the two do on the *new* digits, you
# will see below.

# %% [markdown] lang="pt"
# A rede da armadilha perdeu parte da tarefa antiga, embora nenhum peso dela tenha se movido; a sua lê o MNIST exatamente como antes. Como as duas se saem nos
# dígitos *novos*, você verá mais abaixo.

# %% [markdown] lang="en" banner="parameter-groups"
# ## Exercise 4 · `parameter_groups`
#
# *Why it matters:* in [**fine-tuning**](glossary:fine-tuning) the backbone learns too, but gently. The head starts from nothing and needs large steps; the same steps would destroy
# what the backbone knows.
#
# Return what an [optimizer](glossary:optimizer) takes: a list of two dicts, `{"params": …, "lr": …}`. One holds the parameters of `model.fc` with `head_lr`, the other
# all other parameters with `backbone_lr`. Each parameter is in exactly one of them. (Backbones may have layers whose names contain `fc`, too.)

# %% [markdown] lang="pt" banner="parameter-groups"
# ## Exercício 4 · `parameter_groups`
#
# *Por que isso importa:* no [**ajuste fino**](glossary:fine-tuning), o corpo também aprende, mas com delicadeza. A cabeça parte do nada e precisa de passos grandes; os mesmos
# passos destruiriam o que o corpo sabe.
#
# Devolva o que um [otimizador](glossary:optimizer) recebe: uma lista de dois dicionários, `{"params": …, "lr": …}`. Um contém os parâmetros de `model.fc` com `head_lr`; o
# outro, todos os demais com `backbone_lr`. Cada parâmetro está em exatamente um deles. (Corpos também podem ter camadas cujo nome contém `fc`.)

# %% exercise="parameter-groups" difficulty=2 minutes=12
def parameter_groups(model, head_lr, backbone_lr):
    ### BEGIN SOLUTION
    backbone = [
        parameter
        for name, parameter in model.named_parameters()
        if not name.startswith("fc.")
    ]
    return [
        {"params": backbone, "lr": backbone_lr},
        {"params": list(model.fc.parameters()), "lr": head_lr},
    ]
    ### END SOLUTION


# %% check="parameter-groups" points=2
checks.parameter_groups(parameter_groups)

# %% [markdown] lang="en"
# <details><summary>Hint: “some parameters appear in more than one parameter group”</summary>
#
# `model.parameters()` contains the head. `model.named_parameters()` gives names as well: those of the head begin with `fc.` (Compare names: `in` compares tensors number by number.)
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “some parameters appear in more than one parameter group”</summary>
#
# `model.parameters()` contém a cabeça. `model.named_parameters()` dá também os nomes: os da cabeça começam com `fc.` (Compare nomes: `in` compara tensores elemento por elemento.)
# </details>

# %% [markdown] lang="en"
# ## Three ways to learn from few labels
#
# With your three functions, one function prepares all three: a new net (`scratch`), a `frozen` backbone, and a fine-tuned one (`tuned`), whose backbone
# learns at a tenth of the head's rate.

# %% [markdown] lang="pt"
# ## Três jeitos de aprender com poucos rótulos
#
# Com as suas três funções, uma só função prepara os três: uma rede nova (`scratch`, do zero), um corpo congelado (`frozen`) e um com ajuste fino
# (`tuned`), que aprende com um décimo da taxa da cabeça.

# %%
def prepare(way, source, seed, backbone_lr=0.005, weight_decay=0.0):
    torch.manual_seed(seed)
    if way == "scratch":
        net, backbone_lr = few_labels.new_net(), 0.05
    else:
        net = replace_head(copy.deepcopy(source), 10)
    if way == "frozen":
        freeze_backbone(net)
    groups = parameter_groups(net, head_lr=0.05, backbone_lr=backbone_lr)
    return net, SGD(groups, momentum=0.9, weight_decay=weight_decay)


# %% [markdown] lang="en"
# **Predict.** Which way is *worst* with 2 labels of each class, and which is best with 20? Write `"scratch"`, `"frozen"` or `"tuned"`.

# %% [markdown] lang="pt"
# **Preveja.** Que jeito é o *pior* com 2 rótulos de cada classe, e qual é o melhor com 20? Escreva `"scratch"`, `"frozen"` ou `"tuned"`.

# %% predict="ways"
### BEGIN SOLUTION
# was: ways_prediction = {"worst with 2": ..., "best with 20": ...}
ways_prediction = {"worst with 2": "scratch", "best with 20": "tuned"}
### END SOLUTION

# %% [markdown] lang="en"
# Three ways, three numbers of labels, three seeds: 27 nets, some 15 seconds. Each seed draws other labelled images, other first weights and another order. The
# 898 digits that measure are never trained on.

# %% [markdown] lang="pt"
# Três jeitos, três quantidades de rótulos, três sementes: 27 redes, uns 15 segundos. Cada semente sorteia outras imagens rotuladas, outros pesos iniciais e
# outra ordem. Os 898 dígitos da medida nunca são usados no treino.

# %%
expect(
    ways_prediction,
    {
        "worst with 2": ["scratch", "frozen", "tuned"],
        "best with 20": ["scratch", "frozen", "tuned"],
    },
)

COUNTS = [2, 5, 20]
starts = {way: partial(prepare, way, source) for way in ("scratch", "frozen", "tuned")}
results = {count: few_labels.study(starts, count, accuracy) for count in COUNTS}

means = {c: {way: sum(r) / 3 for way, r in results[c].items()} for c in COUNTS}
worst, best = min(means[2], key=means[2].get), max(means[20], key=means[20].get)
compare_prediction(ways_prediction, {"worst with 2": worst, "best with 20": best})

# %%
runs = {way: [] for way in starts}
for seed in range(3):
    for way in starts:
        runs[way].append([100 * results[count][way][seed] for count in COUNTS])
plots.lines(
    "06_transfer_learning.figures.ways",
    COUNTS,
    runs,
    colors={"scratch": "neutral", "frozen": "light", "tuned": "accent"},
    figures={w: number(100 * means[2][w], ".0f") for w in starts}
    | {f"{w}20": number(100 * means[20][w], ".0f") for w in starts},
)

# %% [markdown] lang="en"
# **Explain.** Each line is the mean of three runs, each band reaches from the worst to the best. With few labels, whoever starts from a trained backbone is far
# ahead. With more labels the lead melts: a new net can learn its own features, and a frozen one cannot adapt those it has. (With enough
# labels even ImageNet weights bring little: He, Girshick, Dollár 2018.)
#
# Between frozen and fine-tuned the bands overlap with 2 labels: three runs do not decide which is better. With 20 labels fine-tuning leads.
#
# And the trapped net of above? The cell trains it too, three times, with five labels a class:

# %% [markdown] lang="pt"
# **Explique.** Cada linha é a média de três treinos; cada faixa vai do pior ao melhor. Com poucos rótulos, quem parte de um corpo treinado está muito à
# frente. Com mais rótulos, a vantagem derrete: uma rede nova aprende as próprias características, e uma congelada não pode adaptar as que tem.
# (Com rótulos suficientes, até os pesos da ImageNet rendem pouco: He, Girshick, Dollár 2018.)
#
# Entre congelado e ajuste fino, com 2 rótulos, as faixas se sobrepõem: três treinos não decidem qual é melhor. Com 20, o ajuste fino está à frente.
#
# E a rede da armadilha? A célula também a treina, três vezes, com cinco rótulos por classe:

# %%
def prepare_trap(source, seed):
    torch.manual_seed(seed)
    net = replace_head(copy.deepcopy(source), 10).requires_grad_(False)
    net.fc.requires_grad_(True)
    return net, SGD(net.fc.parameters(), lr=0.05, momentum=0.9)


trap = few_labels.study({"trapped": partial(prepare_trap, source)}, 5, accuracy)
# pt: trap = few_labels.study({"da armadilha": partial(prepare_trap, source)}, 5, accuracy)
for name, shares in {**trap, "frozen": results[5]["frozen"]}.items():
# pt: for name, shares in {**trap, "congelada": results[5]["frozen"]}.items():
    print(f"{name}: {sum(shares) / 3:.1%}", [f"{share:.1%}" for share in shares])

# %% [markdown] lang="en"
# A surprise, perhaps: on the new digits the trap does no harm. BatchNorm has adapted its statistics to the new images, which can even help (Li et al. 2016 do
# it on purpose). So why care? Because you did not choose it. The backbone forgets its old task, features that you saved earlier no longer fit the net, and with small
# batches the statistics are noise. Freeze, or adapt; but know which.

# %% [markdown] lang="pt"
# Talvez uma surpresa: nos dígitos novos, a armadilha não prejudica. A BatchNorm adaptou as estatísticas às imagens novas, o que pode até ajudar (Li et
# al. 2016 fazem isso de propósito). Então, por que se importar? Porque você não escolheu isso. O corpo esquece a tarefa antiga, características que você
# guardou antes já não combinam com a rede, e com lotes pequenos as estatísticas são ruído. Congele ou adapte; mas saiba qual dos dois.

# %% [markdown] lang="en"
# ## The learning rate of a fine-tuned backbone
#
# The head keeps 0.05; the backbone gets 0.001, 0.005, 0.1 or 1. **Predict.** With 2 labels a class, which rate ends *worst*? And does the net with the
# rate 1 end `"above"` or `"below"` the frozen one?

# %% [markdown] lang="pt"
# ## A taxa de aprendizado no ajuste fino
#
# A cabeça fica com 0,05; o corpo recebe 0,001, 0,005, 0,1 ou 1. **Preveja.** Com 2 rótulos por classe, que taxa termina *pior*? E a rede com a taxa 1
# termina acima (`"above"`) ou abaixo (`"below"`) da congelada?

# %% predict="rates"
### BEGIN SOLUTION
# was: rates_prediction = {"worst": ..., "1": ...}
rates_prediction = {"worst": 1, "1": "below"}
### END SOLUTION

# %% [markdown] lang="en"
# Four rates, three seeds: some ten seconds.

# %% [markdown] lang="pt"
# Quatro taxas, três sementes: uns dez segundos.

# %%
expect(rates_prediction, {"worst": [0.001, 0.005, 0.1, 1], "1": ["below", "above"]})

rates = {
    f"{rate:g}": partial(prepare, "tuned", source, backbone_lr=rate)
    for rate in (0.001, 0.005, 0.1, 1)
}
by_rate = few_labels.study(rates, 2, accuracy)
rate_means = {rate: sum(shares) / 3 for rate, shares in by_rate.items()}
worst = min(rate_means, key=rate_means.get)
side = "above" if rate_means["1"] > means[2]["frozen"] else "below"
compare_prediction(rates_prediction, {"worst": float(worst), "1": side})

# %%
plots.bars(
    "06_transfer_learning.figures.rates",
    {"scratch": results[2]["scratch"], "frozen": results[2]["frozen"], **by_rate},
    colors={"scratch": "neutral", "frozen": "light"} | dict.fromkeys(by_rate, "accent"),
    percent=True,
    figures={
        "low": number(100 * rate_means["0.005"], ".0f"),
        "high": number(100 * rate_means["1"], ".0f"),
    },
)

# %% [markdown] lang="en"
# **Explain.** At first the head is random, so the gradients that reach the backbone are nonsense. Large steps along them wreck in a moment what 4 000 digits
# have taught; what is left is nearer to a new net than to the frozen one. The rule of thumb: begin with a tenth of the head's rate, here 0.005. The bars of the small
# rates overlap with the frozen one's: three runs do not order them. One can also train the head alone first, and the backbone only when the head knows something.

# %% [markdown] lang="pt"
# **Explique.** No começo a cabeça é aleatória, e os gradientes que chegam ao corpo não fazem sentido. Passos grandes na direção deles destroem num instante o
# que 4.000 dígitos ensinaram; o que sobra está mais perto de uma rede nova que da congelada. A regra prática: comece com um décimo da taxa da cabeça, aqui 0,005. As
# faixas das taxas pequenas se sobrepõem à da congelada: três treinos não as ordenam. Também se pode treinar primeiro só a cabeça, e o corpo apenas quando ela já sabe algo.

# %% [markdown] lang="en"
# ## Small sets and overfitting
#
# Why is training from scratch so bad with few labels? The cell trains such a net and asks it about its own 20 images, and about others.

# %% [markdown] lang="pt"
# ## Conjuntos pequenos e sobreajuste
#
# Por que treinar do zero é tão ruim com poucos rótulos? A célula treina uma rede assim e a mede nas suas próprias 20 imagens e em outras.

# %%
crammer, optimizer = prepare("scratch", None, seed=0)
_ = few_labels.learn(crammer, optimizer, count=2)
few, _ = few_labels.labelled(2)
others = few_labels.held_out()
print(f"own images: {accuracy(crammer, few):.1%}, others: {accuracy(crammer, others):.1%}")
# pt: print(f"as suas: {accuracy(crammer, few):.1%}, outras: {accuracy(crammer, others):.1%}")

# %% [markdown] lang="en"
# It has learnt its 20 images by heart. A net of linear layers (lesson 01) shows best how that happens, because it has no BatchNorm whose statistics first have to
# settle. Here are its losses, on the same 20 images and on others:

# %% [markdown] lang="pt"
# Ela decorou as suas 20 imagens. Uma rede de camadas lineares (lição 01) é a que melhor mostra como isso acontece, porque não tem BatchNorm cujas estatísticas
# precisem antes se acomodar. Aqui estão as perdas dela, nas mesmas 20 imagens e em outras:

# %%
torch.manual_seed(0)
linear = initialise_linear(deep_mlp(4, 64, nn.ReLU), "he")
sgd = SGD(linear.parameters(), lr=0.05, momentum=0.9)
history = few_labels.learn(linear, sgd, count=2, steps=100, validation=few_labels.held_out())
losses, accuracies = history.validation_loss, history.validation_accuracy
best_epoch = losses.index(min(losses))
plots.training_curves(
    "06_transfer_learning.figures.overfitting",
    {"train": history.train_loss, "validation": losses},
    colors={"train": "neutral", "validation": "accent"},
    log=True,
    figures={"best_epoch": best_epoch + 1, "epochs": len(history), "best_loss": losses[best_epoch]},
)

# %%
for epoch in (best_epoch, len(history) - 1):
    print(f"epoch {epoch + 1}: loss {losses[epoch]:.2f}, accuracy {accuracies[epoch]:.1%}")
    # pt: print(f"época {epoch + 1}: perda {losses[epoch]:.2f}, acurácia {accuracies[epoch]:.1%}")

# %% [markdown] lang="en"
# From its best epoch on, the net only grows surer, of its mistakes too, and that is what the loss punishes. The accuracy hardly changes. [**Early stopping**](glossary:early-stopping) keeps the net
# of the best epoch: it saves the rest of the time, and its probabilities can be trusted more.

# %% [markdown] lang="pt"
# A partir da melhor época, a rede só ganha certeza, também nos erros, e é isso que a perda pune. A acurácia quase não muda. A [**parada antecipada**](glossary:early-stopping) (*early stopping*)
# guarda a rede da melhor época: poupa o resto do tempo, e as probabilidades dela são mais confiáveis.

# %% [markdown] lang="en"
# (Strictly, the epoch must be chosen on a third set of images, or the number is too good.) Two other remedies change the training itself:
#
# - [**weight decay**](glossary:weight-decay) pulls all weights towards zero;
# - [**augmentation**](glossary:augmentation) shows each image a little shifted every time, so there is less to learn by heart.
#
# **Predict.** From scratch with 2 labels a class: which of the two brings more than 3 points? Write `True` or `False`.

# %% [markdown] lang="pt"
# (A rigor, a época precisa ser escolhida com um terceiro conjunto de imagens; senão o número sai otimista demais.) Outros dois remédios mudam o próprio treino:
#
# - o [**decaimento de pesos**](glossary:weight-decay) («weight decay») puxa todos os pesos para zero;
# - o [**aumento de dados**](glossary:augmentation) (*augmentation*) mostra cada imagem um pouco deslocada de cada vez, e há menos o que decorar.
#
# **Preveja.** Do zero, com 2 rótulos por classe: qual dos dois rende mais de 3 pontos? Escreva `True` ou `False`.

# %% predict="remedies"
### BEGIN SOLUTION
# was: remedies_prediction = {"decay": ..., "augmented": ...}
remedies_prediction = {"decay": False, "augmented": True}
### END SOLUTION

# %% [markdown] lang="en"
# Three seeds each, and 160 steps instead of 60, because a net that sees ever new images needs longer: some 15 seconds.

# %% [markdown] lang="pt"
# Três sementes cada, e 160 passos em vez de 60, porque uma rede que vê imagens sempre novas precisa de mais tempo: uns 15 segundos.

# %%
expect(remedies_prediction, {"decay": bool, "augmented": bool})

scratch = partial(prepare, "scratch", None)
treated = {"bare": scratch, "decay": partial(scratch, weight_decay=0.01), "augmented": scratch}
shift = {"augmented": data.random_crop_flip(padding=2, flip=False)}
remedies = few_labels.study(treated, 2, accuracy, steps=160, transforms=shift)
gain = {name: (sum(remedies[name]) - sum(remedies["bare"])) / 3 for name in ("decay", "augmented")}
compare_prediction(remedies_prediction, {name: points > 0.03 for name, points in gain.items()})

# %%
plots.bars(
    "06_transfer_learning.figures.remedies",
    remedies | {"tuned": results[2]["tuned"]},
    colors=dict.fromkeys(remedies, "neutral") | {"tuned": "accent"},
    percent=True,
    figures={name: number(100 * points, "+.1f") for name, points in gain.items()},
)

# %% [markdown] lang="en"
# **Explain.** Augmentation helps, because it adds something that we know: a shifted 7 is a 7. (A mirrored one is not, so `flip=False`.) Weight decay knows nothing
# of digits, and in so short a training does next to nothing; in long ones it matters. No remedy comes near the trained backbone: good features are the best
# remedy against overfitting.

# %% [markdown] lang="pt"
# **Explique.** O aumento de dados ajuda porque acrescenta algo que sabemos: um 7 deslocado é um 7. (Espelhado, não é; daí `flip=False`.) O decaimento de pesos não sabe
# nada de dígitos e, em um treino tão curto, quase não faz efeito; nos longos, faz diferença. Nenhum remédio chega perto do corpo treinado: boas características
# são o melhor remédio contra o sobreajuste.

# %% [markdown] lang="en"
# ## What does the net get wrong?
#
# One number hides a lot. We take a fine-tuned net (20 labels a class) and look closer: which digits does it confuse? The [confusion matrix](glossary:confusion-matrix) counts how often:

# %% [markdown] lang="pt"
# ## O que a rede erra?
#
# Um número só esconde muita coisa. Pegamos uma rede com ajuste fino (20 rótulos por classe) e olhamos de perto: que dígitos ela confunde? A [matriz de confusão](glossary:confusion-matrix) conta quantas vezes:

# %%
net, optimizer = prepare("tuned", source, seed=0)
_ = few_labels.learn(net, optimizer, count=20)
digits = few_labels.held_out()
probabilities, labels = predict(net, digits)
names = list("0123456789")
plots.confusion_matrix(labels, probabilities.argmax(1), names)

# %% [markdown] lang="en"
# The mistakes of which the net is surest are the most instructive. Is the net wrong, or the image bad, or even the label?

# %% [markdown] lang="pt"
# Os erros de que a rede tem mais certeza são os mais instrutivos. Quem errou: a rede, a imagem ruim ou até o rótulo?

# %%
surest = most_confident_mistakes(probabilities, labels, count=10)
plots.image_grid(
    digits.images[surest],
    labels[surest],
    names,
    probabilities=probabilities[surest],
    caption="06_transfer_learning.figures.mistakes",
    figures={"lowest": number(100 * float(probabilities[surest].max(1).values.min()), ".0f")},
)

# %% [markdown] lang="en"
# Where does it look? Each channel of `layer2` is a map of 7 × 7 places. The gradient of the class's logit says how much the logit would rise if the channel rose; the
# mean of that gradient is the channel's weight. [**Grad-CAM**](glossary:grad-cam) (Selvaraju et al. 2017) adds up the maps with these weights and sets to zero what is negative. Hot is
# what speaks for the class.

# %% [markdown] lang="pt"
# Para onde ela olha? Cada canal de `layer2` é um mapa de 7 × 7 posições. O gradiente do logit da classe diz quanto o logit subiria se o canal subisse; a média
# desse gradiente é o peso do canal. O [**Grad-CAM**](glossary:grad-cam) (Selvaraju et al. 2017) soma os mapas com esses pesos e zera o que é negativo. Quente é o que fala a
# favor da classe.

# %%
shown = [int((labels == label).nonzero()[0]) for label in (0, 3, 4, 7, 8)]
heat = grad_cam(net, digits.images[shown], layer=net.layer2)
plots.heat_maps(
    digits.images[shown], heat, [names[i] for i in probabilities[shown].argmax(1)]
)

# %% [markdown] lang="en"
# A heat map is a hint, no proof. A test: hide the hottest quarter of each image, its coldest, or a random quarter, and ask again how probable the class is.

# %% [markdown] lang="pt"
# Um mapa de calor é uma pista, não uma prova. Um teste: esconda os 25% mais quentes de cada imagem, os 25% mais frios ou 25% ao acaso, e pergunte de novo quão provável é a classe.

# %%
some = digits.images[:200]
heat = grad_cam(net, some, layer=net.layer2)
said = probabilities[:200].argmax(1, keepdim=True)
noise = torch.rand(heat.shape, generator=torch.Generator().manual_seed(0))
hidden = {"nothing": torch.zeros_like(heat, dtype=torch.bool)}
# pt: hidden = {"nada": torch.zeros_like(heat, dtype=torch.bool)}
for name, scores in {"hottest": heat, "random": noise, "coldest": -heat}.items():
# pt: for name, scores in {"mais quentes": heat, "ao acaso": noise, "mais frios": -heat}.items():
    line = scores.flatten(1).quantile(0.75, 1)
    hidden[f"{name} quarter"] = scores >= line[:, None, None]
    # pt: hidden[f"25% {name}"] = scores >= line[:, None, None]
for name, places in hidden.items():
    with torch.no_grad():
        left = net.eval()(some.masked_fill(places[:, None], 0.0)).softmax(1).gather(1, said).mean()
    print(f"{name} hidden: probability {left:.1%}")
    # pt: print(f"escondendo {name}: probabilidade {left:.1%}")

# %% [markdown] lang="en"
# Without its hot places the net loses its class, more than without a random quarter: the map tells something true. Part of that is ink: the hot places hold more of
# it, and the cold ones are mostly black. So it stays a hint.
#
# ## ImageNet and your own photos
#
# Now the same with large weights. One function fetches a net of the family, ready to learn your classes.

# %% [markdown] lang="pt"
# Sem as posições quentes, a rede perde a classe, mais do que sem um quarto ao acaso: o mapa diz algo verdadeiro. Parte disso é tinta: as posições quentes têm mais
# dela, e as frias são quase todas pretas. Continua sendo uma pista.
#
# ## A ImageNet e as suas fotos
#
# Agora o mesmo com pesos grandes. Uma função busca uma rede da família, pronta para aprender as suas classes.

# %% [markdown] lang="en" banner="pretrained-resnet"
# ## Exercise 5 · `get_resnet_pretrained`
#
# *Why it matters:* with such a line a project with photos can begin.
#
# Return torchvision's net `model_name` with its best official weights, a frozen backbone and a new head for `num_classes`. The names are `"resnet18"`, `"resnet34"`,
# `"resnet50"`, `"resnet101"`, `"resnet152"`; any other raises a `ValueError`.
#
# | what you need | in code |
# |---|---|
# | a net of torchvision with weights | `get_model(name, weights=…)` |
# | its best weights | `"DEFAULT"`, or `get_model_weights(name).DEFAULT` |
#
# The best are “V1” for ResNet-18 and “V2” for ResNet-50. The check gives your function random weights instead of a download, so it needs no network. Without one, call it only inside `with weights_from(…)`, as below.

# %% [markdown] lang="pt" banner="pretrained-resnet"
# ## Exercício 5 · `get_resnet_pretrained`
#
# *Por que isso importa:* com uma linha assim pode começar um projeto com fotos.
#
# Devolva a rede `model_name` do torchvision com os seus melhores pesos oficiais, o corpo congelado e uma cabeça nova para `num_classes`. Os nomes são `"resnet18"`, `"resnet34"`,
# `"resnet50"`, `"resnet101"`, `"resnet152"`; qualquer outro lança um `ValueError`.
#
# | do que você precisa | em código |
# |---|---|
# | uma rede do torchvision com pesos | `get_model(name, weights=…)` |
# | os seus melhores pesos | `"DEFAULT"`, ou `get_model_weights(name).DEFAULT` |
#
# Os melhores são os “V1” para a ResNet-18 e os “V2” para a ResNet-50. A verificação dá à sua função pesos aleatórios em vez de baixar os oficiais: ela dispensa a internet. Sem internet, chame-a só dentro de `with weights_from(…)`, como abaixo.

# %% exercise="pretrained-resnet" difficulty=2 minutes=12
def get_resnet_pretrained(model_name, num_classes):
    ### BEGIN SOLUTION
    known = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
    if model_name not in known:
        raise ValueError(f"{model_name!r} is unknown; the known names are: {', '.join(known)}")
        # pt: raise ValueError(f"{model_name!r} não existe; os nomes são: {', '.join(known)}")
    model = get_model(model_name, weights="DEFAULT")
    return freeze_backbone(replace_head(model, num_classes))
    ### END SOLUTION


# %% check="pretrained-resnet" points=2
checks.pretrained_resnet(get_resnet_pretrained)

# %% [markdown] lang="en"
# <details><summary>Hint: “The parameter 'num_classes' expected value 1000”</summary>
#
# The official weights include a head for 1 000 classes. Take the net as it is, and replace its head afterwards.
# </details>
# <details><summary>Hint: “Must I write the freezing again?”</summary>
#
# No: you have `replace_head` and `freeze_backbone`.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “The parameter 'num_classes' expected value 1000”</summary>
#
# Os pesos oficiais incluem uma cabeça para 1.000 classes. Pegue a rede como ela é e troque a cabeça depois.
# </details>
# <details><summary>Dica: “Preciso escrever o congelamento de novo?”</summary>
#
# Não: você tem `replace_head` e `freeze_backbone`.
# </details>

# %% [markdown] lang="en"
# ### Your photos
#
# Put photos into a folder with one sub-folder for each class, and its name into `FOLDER`. (In Colab: upload a zip file and unpack it.) Without one, the cell takes
# ants and bees, which it downloads once; without a network, a stand-in. The sentence says which.

# %% [markdown] lang="pt"
# ### As suas fotos
#
# Ponha fotos em uma pasta com uma subpasta para cada classe, e o nome dela em `FOLDER`. (No Colab: envie um arquivo zip e descompacte-o.) Sem isso, a célula usa
# formigas e abelhas, que ela baixa uma vez; sem internet, um substituto. A frase diz quais são.

# %%
FOLDER = None  # or "my_photos"
# pt: FOLDER = None  # ou "minhas_fotos"

photos = image_data.choose_photos(FOLDER)

# %% [markdown] lang="en"
# Photos come from phones, scanners and printers. Grey ones, CMYK ones and transparent ones are turned into RGB, and what cannot be read is left out and named. The
# cell makes such a folder, and three that cannot work:

# %% [markdown] lang="pt"
# Fotos vêm de celulares, scanners e gráficas. As cinza, as CMYK e as transparentes viram RGB, e as que não podem ser lidas ficam de fora, e a célula diz quais são. Ela cria
# uma pasta assim e três que não podem funcionar:

# %%
made = writable_folder("data") / "odd"
photo = image_data.load_photo(image_data.sample_photo())
for name in ("mixed/a", "mixed/b", "empty/a", "empty/b", "single/a"):
    (made / name).mkdir(parents=True, exist_ok=True)
modes = {"a/grey.png": "L", "a/print.jpg": "CMYK", "b/logo.png": "RGBA", "b/phone.jpg": "RGB"}
for name, mode in modes.items():
    photo.convert(mode).save(made / "mixed" / name)
half = (made / "mixed/b/phone.jpg").read_bytes()[:5000]
(made / "mixed/b/half.jpg").write_bytes(half)
for name in ("mixed", "empty", "single", "forgotten"):
    print(image_data.check_folder(made / name), end="\n\n")

# %% [markdown] lang="en"
# ### The weights bring their own transforms
#
# Training photos are cropped and mirrored at random. Photos that are only measured go through the very preprocessing with which the weights were measured; the
# weights carry it. (`weights_from` hands your function weights where there is no network.)

# %% [markdown] lang="pt"
# ### Os pesos trazem as suas transformações
#
# As fotos de treino são recortadas e espelhadas ao acaso. As que só são medidas passam pelo mesmo pré-processamento com que os pesos foram medidos; os pesos o
# trazem consigo. (`weights_from` dá pesos à sua função onde não há internet.)

# %%
MODEL = "resnet18"

train, held_out, classes = image_data.image_loaders(photos, batch_size=12)
held_out.dataset.transform = get_model_weights(MODEL).DEFAULT.transforms()
print(held_out.dataset.transform)
weights, trained = official_weights(MODEL)
torch.manual_seed(0)
with weights_from(weights):
    photo_net = get_resnet_pretrained(MODEL, len(classes))

# %% [markdown] lang="en"
# ### Half precision and channels last
#
# On an NVIDIA GPU, `fit` does two things to go faster: it computes in 16 bits where that is enough ([**AMP**](glossary:amp)), and keeps the colours of each pixel side by side in
# memory ([**channels last**](glossary:channels-last)). Channels last changes only the order in memory (`stride`); 16 bits round more coarsely. The cell shows both on two photos, and by how
# much of the largest the logits differ.

# %% [markdown] lang="pt"
# ### Meia precisão e canais por último
#
# Em uma GPU NVIDIA, `fit` faz duas coisas para ganhar velocidade: calcula em 16 bits onde isso basta ([**AMP**](glossary:amp)) e guarda as cores de cada pixel lado a lado na
# memória ([**canais por último**](glossary:channels-last), *channels last*). A segunda só muda a ordem na memória (`stride`); 16 bits arredondam mais. A célula mostra as duas coisas com duas
# fotos, e em que parte do maior os logits diferem.

# %%
images = next(iter(held_out))[0][:2]
last = images.contiguous(memory_format=torch.channels_last)
print(images.shape == last.shape, images.stride(), last.stride())
with torch.no_grad():
    full = photo_net.eval()(images)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = photo_net(last)
print(full.dtype, half.dtype, f"{(full - half).abs().max() / full.abs().max():.1%}")

# %% [markdown] lang="en"
# ### Train the head, then everything
#
# The same cell runs with and without a GPU; without one, it trains the head for two epochs only. With one, the whole net is fine-tuned afterwards, gently.

# %% [markdown] lang="pt"
# ### Treine a cabeça, depois tudo
#
# A mesma célula roda com e sem GPU; sem ela, treina só a cabeça, por duas épocas. Com ela, a rede inteira recebe depois um ajuste fino, com delicadeza.

# %%
GPU = choose_device().type != "cpu"
lr = 0.01 if trained else 1e-4  # what random layers give has no size to rely on
# pt: lr = 0.01 if trained else 1e-4  # camadas aleatórias dão números de tamanho imprevisível

tuned = copy.deepcopy(photo_net)  # so that the cell does the same when it runs again
# pt: tuned = copy.deepcopy(photo_net)  # assim, a célula faz o mesmo se rodar de novo
photo_history = fit(tuned, train, held_out, epochs=5 if GPU else 2, lr=lr, seed=0)
if GPU:
    tuned.requires_grad_(True)
    gentle = SGD(parameter_groups(tuned, head_lr=1e-3, backbone_lr=1e-4), momentum=0.9)
    photo_history = fit(tuned, train, held_out, epochs=5, optimizer=gentle, seed=0)
photo_history

# %% [markdown] lang="en"
# How does it do, class by class? If the weights are random or the photos the stand-in, the number says nothing about transfer, only that all parts fit together:
# there is no knowledge to transfer.

# %% [markdown] lang="pt"
# Como ela se sai, classe por classe? Se os pesos são aleatórios ou as fotos são o substituto, o número não diz nada sobre transferência, só que todas as peças se
# encaixam: não há conhecimento a transferir.

# %%
photo_probabilities, photo_labels = predict(tuned, held_out)
plots.confusion_matrix(photo_labels, photo_probabilities.argmax(1), classes)

# %% [markdown] lang="en"
# The photos that were hardest for it, the least probable truth first, and where it looked:

# %% [markdown] lang="pt"
# As fotos que foram mais difíceis para ela, a verdade menos provável primeiro, e para onde ela olhou:

# %%
truth = photo_probabilities.gather(1, photo_labels[:, None])[:, 0]
hardest = truth.argsort(stable=True)[:5].tolist()
hard_photos = torch.stack([held_out.dataset[i][0] for i in hardest])
mean, std = (
    torch.tensor(each).view(3, 1, 1) for each in (image_data.IMAGENET_MEAN, image_data.IMAGENET_STD)
)
pixels = (hard_photos * std + mean).clamp(0, 1)
plots.image_grid(
    pixels, photo_labels[hardest], classes, probabilities=photo_probabilities[hardest]
)

# %%
said = [classes[i] for i in photo_probabilities[hardest].argmax(1)]
plots.heat_maps(pixels, grad_cam(tuned, hard_photos), said)

# %% [markdown] lang="en"
# Look at the heat: does it lie on the thing itself, or on its surroundings?
#
# ## What you take with you
#
# - Measure in eval mode, without gradients, and leave the net as it was.
# - `requires_grad=False` freezes weights, not BatchNorm's statistics.
# - Few labels: start from a trained backbone. The more labels, the more fine-tuning pays.
# - The backbone's learning rate is well below the head's (start with a tenth); too high a rate wrecks it.
# - Augmentation that fits the task helps; good features help most.
# - One number is not enough: confusions, surest mistakes, heat maps.
#
# **Next:** in lesson 07, width and cardinality: other ways to spend the same budget.

# %% [markdown] lang="pt"
# Olhe o calor: está na própria coisa ou em volta dela?
#
# ## O que você leva daqui
#
# - Meça em modo de avaliação, sem gradientes, e deixe a rede como estava.
# - `requires_grad=False` congela pesos, não as estatísticas da BatchNorm.
# - Poucos rótulos: parta de um corpo treinado. Quanto mais rótulos, mais compensa o ajuste fino.
# - A taxa de aprendizado do corpo fica bem abaixo da taxa da cabeça (comece com um décimo); alta demais, ela o destrói.
# - O aumento de dados que combina com a tarefa ajuda; boas características ajudam mais.
# - Um número não basta: confusões, erros com mais certeza, mapas de calor.
#
# **A seguir:** na lição 07, largura e cardinalidade: outros jeitos de gastar o mesmo orçamento.

# %% [markdown] lang="en"
# ## Go further
#
# - Yosinski, Clune, Bengio, Lipson (2014), [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792): which layers are general,
#   which belong to one task.
# - Kornblith, Shlens, Le (2019), [Do Better ImageNet Models Transfer Better?](https://arxiv.org/abs/1805.08974)
# - He, Girshick, Dollár (2018), [Rethinking ImageNet Pre-training](https://arxiv.org/abs/1811.08883): with enough labels, scratch catches up.
# - Li, Wang, Shi, Liu, Hou (2016), [Revisiting Batch Normalization For Practical Domain Adaptation](https://arxiv.org/abs/1603.04779): the trap, on purpose.
# - Selvaraju et al. (2017), [Grad-CAM](https://arxiv.org/abs/1610.02391).

# %% [markdown] lang="pt"
# ## Para ir além
#
# - Yosinski, Clune, Bengio, Lipson (2014), [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792): que camadas são gerais, que
#   camadas pertencem a uma só tarefa.
# - Kornblith, Shlens, Le (2019), [Do Better ImageNet Models Transfer Better?](https://arxiv.org/abs/1805.08974)
# - He, Girshick, Dollár (2018), [Rethinking ImageNet Pre-training](https://arxiv.org/abs/1811.08883): com rótulos suficientes, o treino do zero alcança o pré-treinado.
# - Li, Wang, Shi, Liu, Hou (2016), [Revisiting Batch Normalization For Practical Domain Adaptation](https://arxiv.org/abs/1603.04779): a armadilha, de propósito.
# - Selvaraju et al. (2017), [Grad-CAM](https://arxiv.org/abs/1610.02391).

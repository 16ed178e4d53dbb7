# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 06 · Transfer learning: standing on a trained backbone
#
# You need not train a ResNet from scratch. Give a trained ResNet a new last layer, and a handful of labelled images
# takes you far. You will measure how far, and walk into the usual trap.
#
# **You will be able to**
# - measure a net without disturbing it;
# - freeze a backbone so that it really stands still;
# - choose between training from scratch, a frozen backbone and fine-tuning, and pick the learning rate;
# - see what a net gets wrong;
# - do it all with ImageNet weights and your own photos.
#
# Plan for 140 minutes. Sections headed “More” take another 80; you may skip them. A GPU helps only with photos.

# %% [markdown] lang="pt"
# # 06 · Transferência de aprendizado: partir de uma rede treinada
#
# Não é preciso treinar uma ResNet do zero. Troque a última camada de uma já treinada; poucas imagens rotuladas já levam longe. Você vai medir quanto isso rende e cair na armadilha de sempre.
#
# **Ao final, você saberá**
# - medir uma rede sem perturbá-la;
# - congelar o corpo de uma rede de modo que ele fique parado de verdade;
# - escolher entre treinar do zero, congelar e fazer ajuste fino, e escolher a taxa de aprendizado;
# - ver o que uma rede erra;
# - fazer tudo com pesos da ImageNet e fotos suas.
#
# Reserve 140 minutos. As seções com título “Mais” pedem outros 80; pode pulá-las. Uma GPU vale a pena apenas com fotos.

# %% setup=true gpu=true

# %%
import copy
from functools import partial

import torch
import torch.nn.functional as F
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
from resnet_course.starting_point import starting_point
from resnet_course.training import choose_device, fit
from resnet_course.transfer import weights_from

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first
#
# The whole lesson in miniature: a net learns digits like those in the top row; we have thousands of them, with labels. Then it has to read digits like those in the bottom row; for these, we
# pretend to have only 2 to 20 labels per class.

# %% [markdown] lang="pt"
# ## Primeiro, a figura
#
# A lição inteira em miniatura: uma rede aprende dígitos como os da linha de cima; temos milhares deles, com rótulos. Depois deve ler dígitos como os da linha de baixo; para estes, fazemos de
# conta que só temos de 2 a 20 rótulos por classe.

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
# MNIST is above. The UCI digits, below, come from different writers and different paper forms, and have only 8 × 8 pixels. Here they are enlarged and given a border, so that they look like MNIST's.
#
# A net has two parts with different jobs:
#
# | part | does | knows |
# |---|---|---|
# | [**backbone**](glossary:backbone): all but the last layer | image → [features](glossary:feature) | strokes, corners, loops: useful for any digits |
# | [**head**](glossary:head): `fc` | features → classes | the classes of one task |
#
# [Transfer learning](glossary:transfer-learning) keeps the backbone and replaces the head. But first we need a measurement we can trust.

# %% [markdown] lang="pt"
# Em cima está o MNIST. Os dígitos UCI, embaixo, foram escritos por outras pessoas, em outros formulários, e só têm 8 × 8 pixels. Aqui eles foram ampliados e ganharam uma borda, para ficar como os do MNIST.
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
# **Two modes.** In train mode (`model.train()`), BatchNorm normalises with the mean and variance of the *batch*, and updates running averages of both. In eval mode
# (`model.eval()`) it uses those running averages. They are [**buffers**](glossary:buffer): kept in `state_dict()`, but not parameters. [**Dropout**](glossary:dropout) sets activations chosen at random to zero, in train mode only.

# %% [markdown] lang="pt"
# **Dois modos.** Em modo de treino (`model.train()`), a BatchNorm normaliza com a média e a variância do *lote* e atualiza as médias móveis das duas. Em modo de avaliação
# (`model.eval()`), usa essas médias móveis. Elas são [***buffers***](glossary:buffer): ficam em `state_dict()`, mas não são parâmetros. O [**Dropout**](glossary:dropout) zera ativações sorteadas, só em modo de treino.

# %% [markdown] lang="en" banner="evaluate"
# ## Exercise 1 · `accuracy`
#
# *Why it matters:* nearly every accuracy in this lesson comes from this function, and a measurement must not change what it measures.
#
# Return the share, from 0 to 1, of the images in `loader` that the model gets right. A [loader](glossary:loader) hands out images and labels, batch by batch.
#
# - The model runs in **eval mode** (Dropout off, BatchNorm with its stored statistics) and without gradients.
# - Afterwards **every module** is in the mode it had before: for example, a part frozen in eval mode inside a net in train mode is still in eval mode.
# - The last batch may be smaller than the others.
#
# `images.to(device_of(model))` moves the images to where the model is. Move the labels there as well, or bring the answers back with `.cpu()`.

# %% [markdown] lang="pt" banner="evaluate"
# ## Exercício 1 · `accuracy`
#
# *Por que isso importa:* quase todas as acurácias desta lição vêm desta função, e uma medida não pode mudar o que mede.
#
# Devolva a fração, de 0 a 1, das imagens de `loader` que o modelo acerta. Um [carregador](glossary:loader) entrega imagens e rótulos, lote por lote.
#
# - O modelo roda em **modo de avaliação** (Dropout desligado, BatchNorm com as estatísticas guardadas) e sem gradientes.
# - Ao final, **cada módulo** está no modo em que estava antes: por exemplo, uma parte congelada em modo de avaliação dentro de uma rede em modo de treino continua em modo de avaliação.
# - O último lote pode ser menor que os outros.
#
# `images.to(device_of(model))` leva as imagens para onde o modelo está. Leve também os rótulos, ou traga as respostas de volta com `.cpu()`.

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
# The next cell trains a small ResNet on 4,000 digits of MNIST, which takes a few seconds. MNIST plays the part of ImageNet here.
#
# **Predict.** On 1,000 MNIST digits that were kept back (`mnist`), is the net's accuracy `"above"` or `"below"` 90%? And on the UCI digits, which it has never seen (`uci`)?

# %% [markdown] lang="pt"
# ## A rede que já está treinada
#
# A próxima célula treina uma ResNet pequena com 4.000 dígitos do MNIST, em alguns segundos. O MNIST faz aqui o papel da ImageNet.
#
# **Preveja.** Em 1.000 dígitos reservados do MNIST (`mnist`), a acurácia da rede fica acima (`"above"`) ou abaixo (`"below"`) de 90%? E nos dígitos UCI, que ela nunca viu (`uci`)?

# %% predict="source"
### BEGIN SOLUTION
# was: source_prediction = {"mnist": ..., "uci": ...}
source_prediction = {"mnist": "above", "uci": "below"}
### END SOLUTION

# %% [markdown] lang="en"
# The net is trained, and your function measures it twice:

# %% [markdown] lang="pt"
# A rede é treinada, e a sua função a mede duas vezes:

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
# **Explanation.** Guessing would give 10%. So part of what the net has learned carries over to the new digits, and part does not, although they are digits too.
# A few labels will help.

# %% [markdown] lang="pt"
# **Explicação.** Chutar daria 10%. Portanto, parte do que a rede aprendeu vale para os dígitos novos, e parte não vale, embora também sejam dígitos. Com uns poucos rótulos, podemos melhorar.

# %% [markdown] lang="en" banner="replace-head"
# ## Exercise 2 · `replace_head`
#
# *Why it matters:* the new task has different classes, and perhaps more or fewer of them.
#
# Replace `model.fc` with a new, untrained linear layer that has as many inputs as the old one, and `num_classes` outputs. Change the model in
# place and return it. Nothing else may change.

# %% [markdown] lang="pt" banner="replace-head"
# ## Exercício 2 · `replace_head`
#
# *Por que isso importa:* a tarefa nova tem outras classes, e talvez outro número delas.
#
# Ponha uma camada linear nova, não treinada, no lugar de `model.fc`, com tantas entradas quanto a antiga e `num_classes` saídas. Altere o próprio
# modelo (*in-place*) e devolva-o. Nada mais pode mudar.

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
# With two labelled images per class, it seems wise to let only the head learn. The usual code is `requires_grad_(False)` for everything, `True` for the head,
# then the ordinary training loop, with `model.train()`.
#
# **Predict.** After five steps, how many of the backbone's `weights` have moved, and how many of the `buffers` in which BatchNorm keeps its running
# statistics? Write `"none"`, `"some"` or `"all"`.

# %% [markdown] lang="pt" asked="frozen-batchnorm"
# ## A armadilha
#
# Com duas imagens rotuladas de cada classe, parece prudente deixar só a cabeça aprender. O código usual: `requires_grad_(False)` para tudo, `True` para a
# cabeça, depois o laço de treino de sempre, com `model.train()`.
#
# **Preveja.** Depois de cinco passos, quantos pesos do corpo (`weights`) mudaram, e quantos dos `buffers` em que a BatchNorm guarda as
# estatísticas? Escreva `"none"` (nenhum), `"some"` (alguns) ou `"all"` (todos).

# %% predict="trap"
### BEGIN SOLUTION
# was: trap_prediction = {"weights": ..., "buffers": ...}
trap_prediction = {"weights": "none", "buffers": "all"}
### END SOLUTION

# %% [markdown] lang="en"
# The function copies all the tensors of a net, trains it for five steps, and counts the tensors of the backbone that have changed. Each pair says how many have changed, and how many there are:

# %% [markdown] lang="pt"
# A função copia todos os tensores de uma rede, treina-a por cinco passos e conta os tensores do corpo que mudaram. Cada par diz quantos mudaram e quantos há:

# %%
def count_moved(net, optimizer):
    before = copy.deepcopy(net.state_dict())
    few_labels.learn(net, optimizer, count=2, steps=5)
    moved = {name for name, now in net.state_dict().items() if not now.equal(before[name])}
    weights = {name for name, _ in net.named_parameters() if not name.startswith("fc.")}
    buffers = {name for name, _ in net.named_buffers()}
    parts = {"weights": weights, "buffers": buffers}
    return {name: (len(moved & part), len(part)) for name, part in parts.items()}


# %%
expect(trap_prediction, {name: ["none", "some", "all"] for name in ("weights", "buffers")})

trapped = replace_head(copy.deepcopy(source), 10).requires_grad_(False)
trapped.fc.requires_grad_(True)
counted = count_moved(trapped, SGD(trapped.fc.parameters(), lr=0.05))
print(counted)
words = {
    name: "none" if moved == 0 else "all" if moved == total else "some"
    for name, (moved, total) in counted.items()
}
compare_prediction(trap_prediction, words)

# %% [markdown] lang="en"
# **Explanation.** Not one weight of the backbone has moved, but every buffer has. (Each BatchNorm has three: mean, variance, and a count of batches.) Buffers are not parameters: no optimizer changes them, and
# `requires_grad` has no say over them. In train mode, BatchNorm itself updates them with every batch. The “frozen” backbone no longer computes the features it computed when you got it.

# %% [markdown] lang="pt"
# **Explicação.** Nenhum peso do corpo mudou, mas todos os *buffers* mudaram. (Cada BatchNorm tem três: média, variância e um contador de lotes.) Os *buffers* não são parâmetros: nenhum otimizador os altera, e `requires_grad` não diz respeito a eles. Em modo de treino, a própria BatchNorm os atualiza a cada lote. O corpo “congelado” já não calcula as
# características do corpo que você recebeu.

# %% [markdown] lang="en" banner="freeze-backbone"
# ## Exercise 3 · `freeze_backbone`
#
# *Why it matters:* the trap is easy to fall into, because nothing complains.
#
# [Freeze](glossary:frozen) everything but `model.fc`, in place, and return the model:
#
# - only the head's parameters need gradients;
# - every BatchNorm normalises with its stored statistics and leaves them as they are, **even after `model.train()`**;
# - everything else (Dropout, for example) follows `model.train()` as usual.
#
# | what you need | in code |
# |---|---|
# | all modules, at any depth | `model.modules()` |
# | a function to call before every run of a layer (a [hook](glossary:hook)) | `layer.register_forward_pre_hook(function)` |
# | what it is called with | `function(layer, inputs)`; it may change the layer, and must return nothing here |

# %% [markdown] lang="pt" banner="freeze-backbone"
# ## Exercício 3 · `freeze_backbone`
#
# *Por que isso importa:* é fácil cair nesta armadilha, porque não aparece nenhum erro.
#
# [Congele](glossary:frozen) tudo menos `model.fc` no próprio modelo (*in-place*) e devolva-o:
#
# - só os parâmetros da cabeça precisam de gradiente;
# - cada BatchNorm normaliza com as estatísticas guardadas e as deixa como estão, **mesmo depois de `model.train()`**;
# - todo o resto (o Dropout, por exemplo) segue `model.train()` como sempre.
#
# | do que você precisa | em código |
# |---|---|
# | todos os módulos, em qualquer profundidade | `model.modules()` |
# | uma função a chamar antes de cada execução de uma camada (um [gancho](glossary:hook), *hook*) | `layer.register_forward_pre_hook(function)` |
# | como ela é chamada | `function(layer, inputs)`; ela pode mudar a camada e, aqui, não deve devolver nada |

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
# The training loop calls `model.train()` after your function, and that puts all modules into train mode. Whoever speaks last wins: a forward pre-hook speaks right before the run.
# </details>
# <details><summary>Hint: “'BatchNorm2d' object has no attribute …”</summary>
#
# Your hook returns something. Write `def stay_still(norm, inputs):` with the single line `norm.eval()`, and register `stay_still`.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Pus a BatchNorm em modo de avaliação, e ela ainda se move”</summary>
#
# O laço de treino chama `model.train()` depois da sua função, e isso põe todos os módulos em modo de treino. Quem fala por último vence: um gancho (*hook*) desses fala logo antes da execução.
# </details>
# <details><summary>Dica: “'BatchNorm2d' object has no attribute …”</summary>
#
# O seu gancho devolve algo. Escreva `def stay_still(norm, inputs):` com a única linha `norm.eval()` e registre `stay_still`.
# </details>

# %% [markdown] lang="en"
# Here is the same count with your function:

# %% [markdown] lang="pt"
# Esta é a mesma contagem, com a sua função:

# %% tags=["nbval-check-output"]
frozen = freeze_backbone(replace_head(copy.deepcopy(source), 10))
count_moved(frozen, SGD(frozen.fc.parameters(), lr=0.05))

# %% [markdown] lang="en"
# What does the trap cost on the *old* task? Both nets are trained to the end (the trapped one has had its five steps already), are given their **old** head back, and read MNIST again:

# %% [markdown] lang="pt"
# Quanto custa a armadilha na tarefa *antiga*? As duas redes são treinadas até o fim (a da armadilha já teve os seus cinco passos), recebem de volta a cabeça **antiga** e leem o MNIST de novo:

# %%
new = freeze_backbone(replace_head(copy.deepcopy(source), 10))
for name, taught in {"trapped": copy.deepcopy(trapped), "frozen": new}.items():
# pt: for name, taught in {"da armadilha": copy.deepcopy(trapped), "congelada": new}.items():
    few_labels.learn(taught, SGD(taught.fc.parameters(), lr=0.05, momentum=0.9), count=2)
    taught.fc = copy.deepcopy(source.fc)
    share = accuracy(taught, few_labels.mnist_held_out())
    print(f"{name}, MNIST with the old head: {share:.1%}")
    # pt: print(f"{name}, MNIST, cabeça antiga: {share:.1%}")

# %% [markdown] lang="en"
# The trapped net has forgotten part of its old task, although no weight of its backbone has moved; yours reads MNIST exactly as before. How well the two read the *new*
# digits comes later.

# %% [markdown] lang="pt"
# A rede da armadilha esqueceu parte da tarefa antiga, embora nenhum peso do corpo dela tenha mudado; a sua lê o MNIST exatamente como antes. Mais adiante você verá como
# as duas leem os dígitos *novos*.

# %% [markdown] lang="en" banner="parameter-groups"
# ## Exercise 4 · `parameter_groups`
#
# *Why it matters:* in [**fine-tuning**](glossary:fine-tuning) the backbone learns too, but gently. The head starts from nothing and has far to go; the backbone is almost there,
# and steps as large as the head's may carry it away again.
#
# Return what an [optimizer](glossary:optimizer) takes: a list of two dicts, `{"params": …, "lr": …}`. One holds the parameters of `model.fc` with `head_lr`, the other
# holds all the rest with `backbone_lr`. Each parameter is in exactly one of the two. (A backbone, too, may have layers whose names contain `fc`.)

# %% [markdown] lang="pt" banner="parameter-groups"
# ## Exercício 4 · `parameter_groups`
#
# *Por que isso importa:* no [**ajuste fino**](glossary:fine-tuning), o corpo também aprende, mas com delicadeza. A cabeça parte do zero e tem muito a percorrer; o corpo já está
# quase lá, e passos do tamanho dos da cabeça podem afastá-lo de lá.
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
# `model.parameters()` contains the head. `model.named_parameters()` gives names as well: those of the head begin with `fc.`. (Compare the names, not the tensors: applied to tensors, `in` compares them number by number.)
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “some parameters appear in more than one parameter group”</summary>
#
# `model.parameters()` contém a cabeça. `model.named_parameters()` dá também os nomes: os da cabeça começam com `fc.`. (Compare os nomes, não os tensores: aplicado a tensores, `in` os compara elemento por elemento.)
# </details>

# %% [markdown] lang="en"
# ## Three ways to learn from few labels
#
# The next function uses three of the functions that you have written, and prepares a net in one of three ways: untrained (`scratch`), with a frozen backbone (`frozen`), or for fine-tuning (`tuned`), so that the backbone
# learns at a tenth of the head's rate.

# %% [markdown] lang="pt"
# ## Três jeitos de aprender com poucos rótulos
#
# A próxima função usa três das que você escreveu e prepara uma rede de um de três jeitos: do zero (`scratch`), com o corpo congelado (`frozen`) ou para o ajuste fino
# (`tuned`), em que o corpo aprende com um décimo da taxa da cabeça.

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
# **Predict.** Which way is *worst* with 2 labels per class, and which is best with 20? Write `"scratch"`, `"frozen"` or `"tuned"`.

# %% [markdown] lang="pt"
# **Preveja.** Que jeito é o *pior* com 2 rótulos por classe, e qual é o melhor com 20? Escreva `"scratch"`, `"frozen"` ou `"tuned"`.

# %% predict="ways"
### BEGIN SOLUTION
# was: ways_prediction = {"worst with 2": ..., "best with 20": ...}
ways_prediction = {"worst with 2": "scratch", "best with 20": "tuned"}
### END SOLUTION

# %% [markdown] lang="en"
# Three ways, three numbers of labels, three seeds: 27 nets, about 15 seconds. Each seed draws different labelled images, different initial weights and a different order.
# The 898 digits for measuring are never trained on.

# %% [markdown] lang="pt"
# Três jeitos, três quantidades de rótulos, três sementes: 27 redes, uns 15 segundos. Cada semente sorteia outras imagens rotuladas, outros pesos iniciais e
# outra ordem. Os 898 dígitos reservados para a medida nunca são usados no treino.

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
# **Explanation.** Each line is the mean of three runs; each band reaches from the worst to the best. With few labels, a trained backbone puts a net far ahead. With more labels the lead shrinks: a new net learns features of its own and catches up with the frozen one, which cannot adapt those it has. Fine-tuning starts from the same features and adapts them, and stays ahead here. (Every net had 60 steps. A later figure shows what difference more steps make with 2 labels per class; with 20, this was not tried. With enough labels even pre-training on ImageNet helps little: He, Girshick, Dollár 2018.)

# %% [markdown] lang="pt"
# **Explicação.** Cada linha é a média de três treinos; cada faixa vai do pior ao melhor. Com poucos rótulos, quem parte de um corpo treinado está muito à
# frente. Com mais rótulos, a vantagem diminui: uma rede nova aprende as próprias características e alcança a congelada, que não pode adaptar as que tem. O ajuste fino parte das mesmas características e as adapta; aqui, ele continua à frente.
# (Todas tiveram 60 passos. Uma figura mais adiante mostra o que muda com mais passos e 2 rótulos por classe; com 20, isso não foi testado. Com rótulos suficientes, até os pesos da ImageNet rendem pouco: He, Girshick, Dollár 2018.)

# %% [markdown] lang="en"
# Frozen or fine-tuned? Where their bands overlap, three runs do not show which is better. Look at the figure: do they overlap with 2 labels per class? With 20?
#
# And the trapped net? The next cell trains it three times, with five labels per class:

# %% [markdown] lang="pt"
# Congelado ou ajuste fino? Onde as faixas se sobrepõem, três treinos não bastam para dizer qual é melhor. Olhe a figura: elas se sobrepõem com 2 rótulos por classe? E com 20?
#
# E a rede da armadilha? A próxima célula a treina três vezes, com cinco rótulos por classe:

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
# A surprise, perhaps: on the new digits the trapped net does about as well as the frozen one, or even better. BatchNorm has adapted its statistics to the new images, which can even help (Li et al.
# 2016 do it on purpose). So why care? Because you did not choose it. The backbone forgets its old task, features that you saved earlier no longer fit the net, and
# with small batches the statistics are noisy. Freeze or adapt, but know which of the two you are doing.

# %% [markdown] lang="pt"
# Talvez você se surpreenda: nos dígitos novos, a rede da armadilha se sai mais ou menos tão bem quanto a congelada, ou até melhor. A BatchNorm adaptou as estatísticas às imagens novas, o que pode até ajudar (Li et
# al. 2016 fazem isso de propósito). Então, por que se importar? Porque você não escolheu isso. O corpo esquece a tarefa antiga, características que você
# guardou antes já não combinam com a rede, e com lotes pequenos as estatísticas são ruidosas. Congele ou adapte, mas saiba qual dos dois você está fazendo.

# %% [markdown] lang="en"
# ## The learning rate of a fine-tuned backbone
#
# The head's rate stays at 0.05; the backbone's is 0.005, 0.1 or 1. Large steps do harm, it is often said, because the head is random at first, and so the gradients
# that it sends back are nonsense. If that is the reason, a head trained beforehand should help. So rate 1 is tried again with such a head.
#
# **Predict.** With 2 labels per class, which of the three rates ends *worst*? Does the net with rate 1 and a random head (`"1"`) end `"above"` or `"below"` the frozen net? And the net with
# rate 1 and a trained head (`"trained"`)?

# %% [markdown] lang="pt"
# ## A taxa de aprendizado no ajuste fino
#
# A taxa da cabeça continua 0,05; a do corpo é 0,005, 0,1 ou 1. Costuma-se dizer que passos grandes fazem mal porque a cabeça é aleatória no começo, e por isso os
# gradientes que ela manda de volta não fazem sentido. Se a razão for essa, uma cabeça já treinada deve ajudar. Por isso, mais uma rede recebe a taxa 1, com uma cabeça assim.
#
# **Preveja.** Com 2 rótulos por classe, com qual das três taxas a rede termina *pior*? A rede com a taxa 1 e a cabeça aleatória (`"1"`) termina acima (`"above"`) ou abaixo (`"below"`) da congelada?
# E a rede com a taxa 1 e a cabeça treinada (`"trained"`)?

# %% predict="rates"
### BEGIN SOLUTION
# was: rates_prediction = {"worst": ..., "1": ..., "trained": ...}
rates_prediction = {"worst": 1, "1": "below", "trained": "below"}
### END SOLUTION

# %% [markdown] lang="en"
# The net with the trained head is the *control*. It differs from the other net with rate 1 in one thing only: its head comes from a frozen net that has finished learning from the same labels.

# %% [markdown] lang="pt"
# A rede com a cabeça treinada é o *controle*. Ela só difere da outra rede com taxa 1 em uma coisa: a cabeça vem de uma rede congelada que já terminou de aprender com os mesmos rótulos.

# %%
def prepare_head_first(source, heads, seed, backbone_lr):
    net, optimizer = prepare("tuned", source, seed, backbone_lr)
    net.fc.load_state_dict(heads[seed].state_dict())
    return net, optimizer


# %% [markdown] lang="en"
# Three rates and the control, three seeds each: about five seconds.

# %% [markdown] lang="pt"
# Três taxas e o controle, três sementes cada: uns cinco segundos.

# %%
expect(
    rates_prediction,
    {
        "worst": [0.005, 0.1, 1],
        "1": ["below", "above"],
        "trained": ["below", "above"],
    },
)

heads = {}
for seed in range(3):
    teacher, optimizer = prepare("frozen", source, seed)
    _ = few_labels.learn(teacher, optimizer, count=2, seed=seed)
    heads[seed] = teacher.fc

rates = {
    f"{rate:g}": partial(prepare, "tuned", source, backbone_lr=rate)
    for rate in (0.005, 0.1, 1)
}
control = {"trained-1": partial(prepare_head_first, source, heads, backbone_lr=1)}
by_rate = few_labels.study(rates | control, 2, accuracy)

rate_means = {name: sum(shares) / 3 for name, shares in by_rate.items()}
worst = min(rates, key=rate_means.get)
sides = {
    head: "above" if rate_means[name] > means[2]["frozen"] else "below"
    for head, name in {"1": "1", "trained": "trained-1"}.items()
}
compare_prediction(rates_prediction, {"worst": float(worst), **sides})

# %%
def distance_moved(source, net, loader):
    """How far training has moved the convolutions, as a share of how long they were."""
    # pt: """Quanto o treino moveu as convoluções, como fração do comprimento delas."""
    old, new = (
        torch.cat([each.detach().flatten() for each in some.parameters() if each.dim() == 4])
        for some in (source, net)
    )
    return ((new - old).norm() / old.norm()).item()


# %% [markdown] lang="en"
# The figure compares these nets with two kinds that you have already measured: those trained from scratch and those with a frozen backbone. (Where the thin lines of two bars overlap, three runs do not show which is better.)

# %% [markdown] lang="pt"
# A figura compara essas redes com as dos outros dois jeitos, já medidas: as treinadas do zero e as de corpo congelado. (Onde os traços finos de duas barras se sobrepõem, três treinos não dizem qual é melhor.)

# %%
plots.bars(
    "06_transfer_learning.figures.rates",
    {"scratch": results[2]["scratch"], "frozen": results[2]["frozen"], **by_rate},
    colors={"scratch": "neutral", "frozen": "light"} | dict.fromkeys(by_rate, "accent"),
    percent=True,
    figures={
        "low": number(100 * rate_means["0.005"], ".0f"),
        "high": number(100 * rate_means["1"], ".0f"),
        "control": number(100 * rate_means["trained-1"], ".0f"),
    },
)

# %% [markdown] lang="en"
# How far has each rate carried the backbone's convolutions, as a share of the length (the norm) of all their weights?

# %% [markdown] lang="pt"
# E até onde cada taxa levou as convoluções do corpo, em proporção à norma (o comprimento) de todos os pesos delas?

# %%
distances = few_labels.study(rates, 2, partial(distance_moved, source))
for name, shares in distances.items():
    print(f"rate {name}: {sum(shares) / 3:.0%}")
    # pt: print(f"taxa {name}: {sum(shares) / 3:.0%}")

# %% claims=true
assert sum(distances["1"]) > 5 * sum(distances["0.005"]), {
    "en": "they carry the weights far from where 4,000 digits had brought them",
    "pt": "eles levam os pesos para longe de onde 4.000 dígitos os tinham deixado",
}

# %% [markdown] lang="en"
# **Explanation.** Rate 1 destroys much of what made the backbone useful, whatever the head: a head that already reads the new digits does not save it. So at this rate it is not the random head that is to blame, but the length of the steps: they carry the weights far from where 4,000 digits had brought them.
# The rule of thumb: begin with a tenth of the head's rate, here 0.005.

# %% [markdown] lang="pt"
# **Explicação.** A taxa 1 destrói muito do que tornava o corpo útil, seja qual for a cabeça: uma que já lê os dígitos novos não o salva. Portanto, com essa taxa a culpa não é da cabeça aleatória, e sim do
# tamanho dos passos: eles levam os pesos para longe de onde 4.000 dígitos os tinham deixado.
# A regra prática: comece com um décimo da taxa da cabeça, aqui 0,005.

# %% [markdown] lang="en"
# Training the head first is a good habit all the same: it is cheap, and it shows what the features can do as they are. It does not make large steps safe.

# %% [markdown] lang="pt"
# Treinar antes a cabeça é um bom hábito mesmo assim: custa pouco e mostra o que as características rendem como estão. Mas não torna seguros os passos grandes.

# %% [markdown] lang="en"
# ## Small sets and overfitting
#
# Why does training from scratch do so badly with few labels? The next cell trains such a net, and a fine-tuned one for comparison, and measures each on its own 20 images and on others.

# %% [markdown] lang="pt"
# ## Conjuntos pequenos e sobreajuste
#
# Por que treinar do zero dá tão errado com poucos rótulos? A próxima célula treina uma rede assim e, para comparar, uma com ajuste fino, e mede cada uma nas próprias 20 imagens e em outras.

# %%
few, _ = few_labels.labelled(2)
others = few_labels.held_out()
for way, name in {"scratch": "from scratch", "tuned": "fine-tuned"}.items():
# pt: for way, name in {"scratch": "do zero", "tuned": "ajuste fino"}.items():
    crammer, optimizer = prepare(way, source, seed=0)
    _ = few_labels.learn(crammer, optimizer, count=2)
    own_share, other_share = accuracy(crammer, few), accuracy(crammer, others)
    print(f"{name}: own images {own_share:.1%}, others {other_share:.1%}")
    # pt: print(f"{name}: as próprias {own_share:.1%}, outras {other_share:.1%}")

# %% [markdown] lang="en"
# Both have learned their 20 images by heart, so the difference lies elsewhere. It shows on other images: the fine-tuned net can use features learned from 4,000 digits, while the new one has nothing but its 20. A net of linear layers (lesson 01) shows most clearly how overfitting happens, because it has no BatchNorm, whose statistics would have to
# settle first. Here are its losses, on the same 20 images and on others (the 20 form one batch, so each step is an epoch):

# %% [markdown] lang="pt"
# As duas decoraram as próprias 20 imagens; portanto, a diferença não está aí. Ela aparece em outras imagens: a rede do ajuste fino se apoia em características aprendidas com 4.000 dígitos; a nova
# não tem nada além das 20. Uma rede de camadas lineares (lição 01) é a que melhor mostra como o sobreajuste acontece, porque não tem BatchNorm cujas estatísticas
# precisem primeiro se estabilizar. Estas são as perdas dela, nas mesmas 20 imagens e em outras (as 20 formam um só lote; por isso, cada passo é uma época):

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
    figures={
        "best_epoch": best_epoch + 1,
        "epochs": len(history),
        "best_loss": losses[best_epoch],
    },
)

# %%
for epoch in (best_epoch, len(history) - 1):
    print(f"epoch {epoch + 1}: loss {losses[epoch]:.2f}, accuracy {accuracies[epoch]:.1%}")
    # pt: print(f"época {epoch + 1}: perda {losses[epoch]:.2f}, acurácia {accuracies[epoch]:.1%}")

# %% [markdown] lang="en"
# After the best epoch the loss on the other images grows, and yet the accuracy on them hardly changes: the net makes about as many mistakes but is more certain of them, and certainty in a wrong answer is what the loss punishes most. [**Early stopping**](glossary:early-stopping)
# keeps the net of the best epoch and saves the rest of the time.

# %% [markdown] lang="pt"
# Depois da melhor época, a perda nas outras imagens cresce, mas a acurácia nelas quase não muda: a rede erra mais ou menos o mesmo tanto, mas com mais certeza, e a certeza em uma resposta errada é o que a perda mais pune. A [**parada antecipada**](glossary:early-stopping) (*early stopping*)
# guarda a rede da melhor época e poupa o resto do tempo.

# %% [markdown] lang="en"
# Strictly speaking, the epoch has to be chosen on a third set of images, or the number comes out too good. Two other remedies change the training itself:
#
# - [**weight decay**](glossary:weight-decay) pulls all weights towards zero;
# - [**augmentation**](glossary:augmentation) changes each image a little (here, by shifting it), differently every time, so the images are harder to learn by heart.
#
# **Predict.** From scratch with 2 labels per class, does weight decay raise the accuracy by more than 3 points? Does augmentation? Write `True` or `False`.

# %% [markdown] lang="pt"
# A rigor, a época precisa ser escolhida com um terceiro conjunto de imagens; senão o número sai otimista demais. Outros dois remédios mudam o próprio treino:
#
# - o [**decaimento de pesos**](glossary:weight-decay) (*weight decay*) puxa todos os pesos para zero;
# - o [**aumento de dados**](glossary:augmentation) (*augmentation*) altera um pouco cada imagem (aqui, desloca-a), de um jeito diferente a cada vez; assim, fica mais difícil decorar as imagens.
#
# **Preveja.** Do zero, com 2 rótulos por classe, o decaimento de pesos aumenta a acurácia em mais de 3 pontos? E o aumento de dados? Escreva `True` ou `False`.

# %% predict="remedies"
### BEGIN SOLUTION
# was: remedies_prediction = {"decay": ..., "augmented": ...}
remedies_prediction = {"decay": False, "augmented": True}
### END SOLUTION

# %% [markdown] lang="en"
# Each net is trained with three seeds. Augmentation gets 90 steps instead of 60, because a net that keeps seeing new images needs longer; a net without it gets 90 as well, for
# comparison. Weight decay is compared with the nets trained from scratch above. About ten seconds.

# %% [markdown] lang="pt"
# Cada rede é treinada com três sementes. O aumento de dados recebe 90 passos em vez de 60, porque uma rede que vê imagens sempre novas precisa de mais tempo; uma rede sem ele
# recebe também 90 passos, para comparar. O decaimento de pesos é comparado com as redes treinadas do zero que você já mediu. Uns dez segundos.

# %%
expect(remedies_prediction, {"decay": bool, "augmented": bool})

scratch = partial(prepare, "scratch", None)
shift = {"augmented": data.random_crop_flip(padding=2, flip=False)}
remedies = {
    "bare": results[2]["scratch"],
    **few_labels.study({"decay": partial(scratch, weight_decay=0.01)}, 2, accuracy),
    **few_labels.study(
        {"longer": scratch, "augmented": scratch}, 2, accuracy, steps=90, transforms=shift
    ),
}
gain = {
    name: (sum(remedies[name]) - sum(remedies[without])) / 3
    for name, without in {"decay": "bare", "augmented": "longer"}.items()
}
compare_prediction(remedies_prediction, {name: share > 0.03 for name, share in gain.items()})

# %%
plots.bars(
    "06_transfer_learning.figures.remedies",
    remedies | {"tuned": results[2]["tuned"]},
    colors=dict.fromkeys(remedies, "neutral") | {"tuned": "accent"},
    percent=True,
    figures={name: number(100 * points, "+.1f") for name, points in gain.items()},
)

# %% [markdown] lang="en"
# **Explanation.** Augmentation adds something that we know: a shifted 7 is still a 7. (A mirrored one is not, hence `flip=False`.) Three seeds are few, though: with different seeds augmentation gains more, or nothing, or even does harm, so your guess was partly a gamble. The course's tests draw twelve times: it helps on average, and in most of the draws. Weight decay knows nothing about digits; at this strength and in so short a training run it gains next to nothing, or even costs accuracy: the figure's title says what it did here. Neither remedy comes near the trained backbone.

# %% [markdown] lang="pt"
# **Explicação.** O aumento de dados acrescenta algo que sabemos: um 7 deslocado ainda é um 7. (Espelhado, não é; daí `flip=False`.) Mas três sementes são poucas: com
# outras, ele rende mais, ou nada, ou até atrapalha; o seu palpite, em parte, foi uma aposta. Os testes do curso repetem a comparação com doze sorteios: o aumento de dados ajuda em média e também na maioria deles. O decaimento de pesos não sabe nada de dígitos; com esta intensidade e em um treino tão curto, quase não rende ou até custa acurácia: o título da figura diz o que ele fez aqui. Nenhum dos dois remédios chega perto do corpo treinado.

# %% [markdown] lang="en"
# ## What does the net get wrong?
#
# One number hides a lot. The next cell trains a fine-tuned net (20 labels per class) and counts, for each true class, what the net says: the [confusion matrix](glossary:confusion-matrix).
#
# **Predict.** Which `digit`, 0 to 9, does it misread most often, in proportion to the number of its images?

# %% [markdown] lang="pt"
# ## O que a rede erra?
#
# Um número só esconde muita coisa. A próxima célula treina uma rede com ajuste fino (20 rótulos por classe) e conta, para cada classe verdadeira, o que a rede diz: a [matriz de confusão](glossary:confusion-matrix).
#
# **Preveja.** Qual dígito (`digit`, de 0 a 9) ela erra mais, em proporção ao número de imagens dele?

# %% predict="hardest"
### BEGIN SOLUTION
# was: hardest_prediction = {"digit": ...}
hardest_prediction = {"digit": 9}
### END SOLUTION

# %%
expect(hardest_prediction, {"digit": list(range(10))})

net, optimizer = prepare("tuned", source, seed=0)
_ = few_labels.learn(net, optimizer, count=20)
digits = few_labels.held_out()
probabilities, labels = predict(net, digits)
right = probabilities.argmax(1) == labels
shares_right = [right[labels == digit].float().mean().item() for digit in range(10)]
print(*(f"{digit}: {share:.0%}" for digit, share in enumerate(shares_right)))
compare_prediction(hardest_prediction, {"digit": shares_right.index(min(shares_right))})

# %% [markdown] lang="en"
# Here are all its answers, class by class:

# %% [markdown] lang="pt"
# Estas são todas as respostas dela, classe por classe:

# %%
names = list("0123456789")
plots.confusion_matrix(labels, probabilities.argmax(1), names)

# %% [markdown] lang="en"
# With other labelled images, a different digit may be the hardest. Your prediction was about the share of mistakes in a whole row of the table; the figure's title names one of the fullest cells off the diagonal. The two need not concern the same digit.
#
# The mistakes that the net is most certain of are the most instructive. Whose fault is each: the net's, the image's, or the label's? Read each image yourself before
# you read the label below it.

# %% [markdown] lang="pt"
# Com outras imagens rotuladas, o mais difícil pode ser outro dígito. O seu palpite tratava da fração de erros em uma linha inteira da tabela; o título da figura cita uma das células mais cheias fora da diagonal. As duas coisas não precisam cair no mesmo dígito.
#
# Os erros que a rede comete com mais certeza são os mais instrutivos. De quem é a culpa em cada um: da rede, da imagem ou do rótulo? Leia você mesmo cada imagem antes
# de olhar o rótulo abaixo dela.

# %%
surest = most_confident_mistakes(probabilities, labels, count=10)
lowest = float(probabilities[surest].max(1).values.min())
plots.image_grid(
    digits.images[surest],
    labels[surest],
    names,
    probabilities=probabilities[surest],
    caption="06_transfer_learning.figures.mistakes",
    figures={"lowest": number(100 * lowest, ".0f")},
)

# %% [markdown] lang="en"
# ### More · Where does the net look?
#
# Each channel of `layer2` is a map of 7 × 7 places. The gradient of a class's logit says how much the logit would rise if the channel rose at that place; the mean of that gradient over all places is
# the channel's weight. [**Grad-CAM**](glossary:grad-cam) (Selvaraju et al. 2017) adds up the maps with these weights and sets what is negative to zero. Hot places count in favour of the class.

# %% [markdown] lang="pt"
# ### Mais · Para onde a rede olha?
#
# Cada canal de `layer2` é um mapa de 7 × 7 posições. O gradiente do logit de uma classe diz quanto o logit subiria se o canal subisse naquela posição; a média desse gradiente em todas as posições
# é o peso do canal. O [**Grad-CAM**](glossary:grad-cam) (Selvaraju et al. 2017) soma os mapas, cada um multiplicado pelo seu peso, e zera o que é negativo. As posições quentes contam a favor da classe.

# %%
shown = [int((labels == label).nonzero()[0]) for label in (0, 3, 4, 7, 8)]
heat = grad_cam(net, digits.images[shown], layer=net.layer2)
plots.heat_maps(
    digits.images[shown], heat, [names[i] for i in probabilities[shown].argmax(1)]
)

# %% [markdown] lang="en"
# A heat map is a clue, not a proof. Here is a test: hide a quarter of each image (the hottest places, the coldest, or random ones) by painting it black, and see how probable the net then finds the class that it named for the whole image.
#
# **Predict.** Does hiding the `hottest` quarter cost more than hiding a random one? Does hiding the `coldest`? Write `True` or `False`.

# %% [markdown] lang="pt"
# Um mapa de calor é uma pista, não uma prova. Um teste: esconda 25% de cada imagem, pintando de preto as posições mais quentes, as mais frias ou posições sorteadas; depois, veja que probabilidade a rede ainda dá à classe que tinha previsto para a imagem inteira.
#
# **Preveja.** Esconder as posições mais quentes (`hottest`) custa mais que esconder 25% ao acaso? E as mais frias (`coldest`)? Escreva `True` ou `False`.

# %% predict="heat"
### BEGIN SOLUTION
# was: heat_prediction = {"hottest": ..., "coldest": ...}
heat_prediction = {"hottest": True, "coldest": False}
### END SOLUTION

# %%
expect(heat_prediction, {"hottest": bool, "coldest": bool})

some = digits.images[:200]
heat = grad_cam(net, some, layer=net.layer2)
said = probabilities[:200].argmax(1, keepdim=True)
noise = torch.rand(heat.shape, generator=torch.Generator().manual_seed(0))
whole = float(probabilities[:200].gather(1, said).mean())
left = {}
for name, scores in {"hottest": heat, "random": noise, "coldest": -heat}.items():
    places = scores >= scores.flatten(1).quantile(0.75, 1)[:, None, None]
    with torch.no_grad():
        answers = net.eval()(some.masked_fill(places[:, None], 0.0))
    left[name] = float(answers.softmax(1).gather(1, said).mean())
print(f"nothing hidden: {whole:.1%}; a random quarter: {left['random']:.1%}")
# pt: print(f"nada escondido: {whole:.1%}; 25% ao acaso: {left['random']:.1%}")
print(f"hottest quarter: {left['hottest']:.1%}; coldest quarter: {left['coldest']:.1%}")
# pt: print(f"25% mais quentes: {left['hottest']:.1%}; 25% mais frios: {left['coldest']:.1%}")
costs_more = {name: left[name] < left["random"] for name in ("hottest", "coldest")}
compare_prediction(heat_prediction, costs_more)

# %% [markdown] lang="en"
# **Explanation.** If hiding the hottest quarter costs most, the map says something true. But part of that is ink: the hot places hold more of it, and the cold places are
# mostly black already. So the map remains a clue.
#
# ## ImageNet and your own photos
#
# Now the same with large nets. One function fetches a net of the family, ready to learn your classes.

# %% [markdown] lang="pt"
# **Explicação.** Se esconder os 25% mais quentes é o que mais custa, o mapa diz algo verdadeiro. Mas parte disso se deve aos traços: as posições quentes têm mais traço, e as frias
# já são quase todas pretas. O mapa continua sendo uma pista.
#
# ## A ImageNet e as suas fotos
#
# Agora o mesmo com redes grandes. Uma função busca uma rede da família, pronta para aprender as suas classes.

# %% [markdown] lang="en" banner="pretrained-resnet"
# ## Exercise 5 · `get_resnet_pretrained`
#
# *Why it matters:* a single call of this function can start a project with photos.
#
# Return torchvision's net `model_name` with its default weights, a frozen backbone and a new head for `num_classes`. The names are `"resnet18"`, `"resnet34"`,
# `"resnet50"`, `"resnet101"` and `"resnet152"`; any other name raises a `ValueError`.
#
# | what you need | in code |
# |---|---|
# | a net from torchvision with weights | `get_model(name, weights=…)` |
# | its default weights | `"DEFAULT"`, or `get_model_weights(name).DEFAULT` |
#
# The check gives your function random weights instead of a download, so it needs no internet connection. Without a connection, call your function only inside `with weights_from(…)`, as below.

# %% [markdown] lang="pt" banner="pretrained-resnet"
# ## Exercício 5 · `get_resnet_pretrained`
#
# *Por que isso importa:* um projeto com fotos pode começar com uma única chamada desta função.
#
# Devolva a rede `model_name` do torchvision com os pesos padrão dela, o corpo congelado e uma cabeça nova para `num_classes`. Os nomes são `"resnet18"`, `"resnet34"`,
# `"resnet50"`, `"resnet101"` e `"resnet152"`; qualquer outro lança um `ValueError`.
#
# | do que você precisa | em código |
# |---|---|
# | uma rede do torchvision com pesos | `get_model(name, weights=…)` |
# | os pesos padrão dela | `"DEFAULT"`, ou `get_model_weights(name).DEFAULT` |
#
# A verificação dá à sua função pesos aleatórios em vez de baixar os oficiais, e por isso dispensa a internet. Sem internet, chame a função só dentro de `with weights_from(…)`, como abaixo.

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
# The official weights include a head for 1,000 classes. Take the net as it is, and replace its head afterwards.
# </details>
# <details><summary>Hint: “Must I write the freezing again?”</summary>
#
# No: you have `replace_head` and `freeze_backbone`.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “The parameter 'num_classes' expected value 1000”</summary>
#
# Os pesos oficiais incluem uma cabeça para 1.000 classes. Pegue a rede como ela vem e troque a cabeça depois.
# </details>
# <details><summary>Dica: “Preciso escrever o congelamento de novo?”</summary>
#
# Não: você tem `replace_head` e `freeze_backbone`.
# </details>

# %% [markdown] lang="en"
# ### More · Which weights for a frozen backbone?
#
# The default is the set with the best accuracy *on ImageNet*. ResNet-50 has two sets:

# %% [markdown] lang="pt"
# ### Mais · Que pesos para um corpo congelado?
#
# O padrão é o conjunto com a melhor acurácia *na ImageNet*. A ResNet-50 tem dois:

# %%
for member in get_model_weights("resnet50"):
    share = member.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100
    print(f"{member.name}: {share:.1%}")

# %% [markdown] lang="en"
# V2 is the default. It was trained longer, with more regularisation (remedies for overfitting): smoothed labels, mixed images (Mixup, CutMix). That is best for ImageNet's own classes. For a *frozen* backbone
# it may not be: Kornblith et al. (2019) found that common regularisation, smoothed labels included, raises the accuracy on ImageNet slightly and makes the features before the head much
# worse for other tasks. When everything is fine-tuned, such differences nearly vanish (Kornblith et al. 2021). So with a frozen ResNet-50, try `weights="IMAGENET1K_V1"` too,
# and let photos that you have held out decide. ResNet-18 and ResNet-34 have V1 only.

# %% [markdown] lang="pt"
# O padrão é o V2, treinado por mais tempo e com mais regularização (remédios contra o sobreajuste): rótulos suavizados, imagens misturadas (Mixup, CutMix). Isso é o melhor para as classes da própria ImageNet. Para um corpo
# *congelado*, pode não ser: Kornblith et al. (2019) viram que formas comuns de regularização, entre elas os rótulos suavizados, aumentam um pouco a acurácia na ImageNet e tornam as características antes da
# cabeça muito piores para outras tarefas. Quando tudo recebe ajuste fino, essas diferenças quase somem (Kornblith et al. 2021). Portanto, com uma ResNet-50 congelada, experimente também
# `weights="IMAGENET1K_V1"` e deixe fotos reservadas decidirem. A ResNet-18 e a ResNet-34 só têm V1.

# %% [markdown] lang="en"
# ### Your photos
#
# Put photos into a folder with one sub-folder for each class, and write that folder's name into `FOLDER`. (In Colab: upload a zip file and unpack it.) Without a folder of
# your own, the cell uses ants and bees, which it downloads once.
#
# Without an internet connection there are no ImageNet weights. Then the cell takes weights that the course has trained on MNIST's digits (lesson 05 shows their model card), and
# UCI digits as image files: the steps are the same, and there is real knowledge to transfer. The cell says which weights you have.

# %% [markdown] lang="pt"
# ### As suas fotos
#
# Ponha fotos em uma pasta com uma subpasta para cada classe e escreva o nome dessa pasta em `FOLDER`. (No Colab: envie um arquivo zip e descompacte-o.) Sem uma pasta sua, a
# célula usa formigas e abelhas, que ela baixa uma vez.
#
# Sem internet, não há pesos da ImageNet. Nesse caso, a célula usa pesos que o curso treinou nos dígitos do MNIST (a lição 05 mostra a ficha do modelo), e dígitos UCI como arquivos de imagem: os
# passos são os mesmos, e também há algo real a transferir. A célula diz que pesos você tem.

# %%
FOLDER = None  # or "my_photos"
# pt: FOLDER = None  # ou "minhas_fotos"

MODEL = "resnet18"
start = starting_point(MODEL, FOLDER)

# %% [markdown] lang="en"
# ### More · Photos that cannot be used
#
# Photos come from phones, from scanners, or from files made for printing. Grey, CMYK and transparent photos are turned into RGB; files that cannot be read are left out, and their names are printed. The
# next cell makes a folder of such photos. Then it tries three folders that cannot work: one without images, one with a single class, and one that does not exist:

# %% [markdown] lang="pt"
# ### Mais · Fotos que não servem
#
# Fotos vêm de celulares, de scanners ou de arquivos feitos para impressão. As fotos em tons de cinza, em CMYK ou com transparência são convertidas para RGB; as ilegíveis ficam de fora, e os nomes delas são impressos. A próxima
# célula cria uma pasta com fotos assim. Depois, testa três pastas que não podem funcionar: uma sem imagens, uma com uma só classe e uma que não existe:

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
# Photos for training are cropped and mirrored at random (digits are not: a mirrored 2 is no digit). Photos held out for measuring go through exactly the preprocessing that
# was used when the weights' accuracy was measured; it comes with the weights. (`weights_from` gives your function the weights that `starting_point` chose above.)

# %% [markdown] lang="pt"
# ### Os pesos trazem as suas transformações
#
# As fotos de treino são recortadas e espelhadas ao acaso (os dígitos, não: um 2 espelhado não é um dígito). As fotos reservadas para a medida passam pelo mesmo pré-processamento
# usado quando os pesos foram avaliados; ele vem junto com os pesos. (`weights_from` dá à sua função os pesos que `starting_point` escolheu acima.)

# %%
train, held_out, classes = image_data.image_loaders(start.photos, batch_size=12)
held_out.dataset.transform = start.transforms
if not start.imagenet:
    train.dataset.transform = start.transforms
print(held_out.dataset.transform)
torch.manual_seed(0)
with weights_from(start.weights):
    photo_net = get_resnet_pretrained(MODEL, len(classes))

# %% [markdown] lang="en"
# ### More · Half precision and channels last
#
# On an NVIDIA GPU, `fit` does two things to go faster: it computes in 16 bits where that is enough ([**AMP**](glossary:amp)), and it keeps the colours of each pixel side by side in
# memory ([**channels last**](glossary:channels-last)). Channels last changes only the order in memory (a tensor's `stride()`, not a convolution's); 16 bits round more coarsely. The next cell shows both on two photos, and
# how much the logits differ, as a share of the largest.

# %% [markdown] lang="pt"
# ### Mais · Meia precisão e canais por último
#
# Em uma GPU NVIDIA, `fit` faz duas coisas para ganhar velocidade: calcula em 16 bits onde isso basta ([**AMP**](glossary:amp)) e guarda as cores de cada pixel lado a lado na
# memória ([**canais por último**](glossary:channels-last), *channels last*). A segunda só muda a ordem na memória (o `stride()` de um tensor, não o passo de uma convolução); 16 bits arredondam mais. A próxima célula mostra as duas coisas
# com duas fotos, e quanto os logits diferem, em proporção ao maior deles.

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
# The same cell runs with and without a GPU. Without one, it trains only the head (two epochs for photos, five for digits). With one, it then fine-tunes the whole net, gently; BatchNorm's statistics stay as they are, because the hooks of your `freeze_backbone` remain.

# %% [markdown] lang="pt"
# ### Treine a cabeça, depois tudo
#
# A mesma célula roda com e sem GPU; sem GPU, ela treina só a cabeça (duas épocas com fotos, cinco com dígitos). Com GPU, a rede inteira passa depois por um ajuste fino, com taxas pequenas; as estatísticas da BatchNorm ficam como estão, porque os ganchos da sua `freeze_backbone` continuam lá.

# %%
GPU = choose_device().type != "cpu"
epochs = 5 if GPU or not start.imagenet else 2  # digits are small and quick
# pt: epochs = 5 if GPU or not start.imagenet else 2  # dígitos são pequenos e rápidos

tuned = copy.deepcopy(photo_net)  # so that the cell does the same when it runs again
# pt: tuned = copy.deepcopy(photo_net)  # assim, a célula faz o mesmo se rodar de novo
photo_history = fit(tuned, train, epochs=epochs, lr=0.01, seed=0)
if GPU:
    tuned.requires_grad_(True)
    gentle = SGD(parameter_groups(tuned, head_lr=1e-3, backbone_lr=1e-4), momentum=0.9)
    photo_history = fit(tuned, train, held_out, epochs=5, optimizer=gentle, seed=0)
photo_history

# %% [markdown] lang="en"
# How well does the net do, class by class, on images that it was not trained on? With ImageNet's weights and the ants and bees the table has two rows; with the digits it has ten. In either case, the correct answers are on the diagonal.

# %% [markdown] lang="pt"
# Como a rede se sai, classe por classe, com imagens que não viu no treino? Com os pesos da ImageNet e as formigas e abelhas, a tabela tem duas linhas; com os dígitos, dez. Nos dois casos, as respostas certas ficam na diagonal.

# %%
photo_probabilities, photo_labels = predict(tuned, held_out)
plots.confusion_matrix(photo_labels, photo_probabilities.argmax(1), classes)

# %% [markdown] lang="en"
# The first figure shows the images that were hardest for the net: those whose true class it found least probable. The second shows where it looked.

# %% [markdown] lang="pt"
# A primeira figura mostra as imagens mais difíceis para a rede: aquelas cuja classe verdadeira ela achou menos provável. A segunda mostra para onde ela olhou.

# %%
truth = photo_probabilities.gather(1, photo_labels[:, None])[:, 0]
hardest = truth.argsort(stable=True)[:5].tolist()
hard_photos = torch.stack([held_out.dataset[i][0] for i in hardest])
mean = torch.tensor(image_data.IMAGENET_MEAN).view(3, 1, 1)
std = torch.tensor(image_data.IMAGENET_STD).view(3, 1, 1)
pixels = (hard_photos * std + mean).clamp(0, 1)
plots.image_grid(
    pixels, photo_labels[hardest], classes, probabilities=photo_probabilities[hardest]
)

# %%
said = [classes[i] for i in photo_probabilities[hardest].argmax(1)]
# Of a digit, layer4 has no more than 2 × 2 positions.
# pt: # De um dígito, layer4 só tem 2 × 2 posições.
layer = tuned.layer4 if start.imagenet else tuned.layer2
plots.heat_maps(pixels, grad_cam(tuned, hard_photos, layer=layer), said)

# %% [markdown] lang="en"
# Look at the heat: does it lie on the object itself, or on its surroundings?
#
# ## More · What learners ask
#
# Nothing later depends on this section. Each question stands alone, with its own guess and measurement, so do only those that you have met yourself.

# %% [markdown] lang="pt"
# Olhe o calor: está no próprio objeto ou em volta dele?
#
# ## Mais · O que os alunos perguntam
#
# Nada do que vem depois precisa desta seção. Cada pergunta tem o seu palpite e a sua medida: escolha as que você mesmo já se fez.

# %% [markdown] lang="en" asked="eval-is-worse"
# ### `eval()` is far worse than `train()`: why?
#
# A net gets its images right in train mode and wrong in eval mode: the *same* images, the same weights. To see it, we stop a new net after twenty steps
# and measure it on its own 20 images.
#
# **Predict.** Is its accuracy `"above"` or `"below"` 50% in `"train"` mode? In `"eval"` mode? And in eval mode after its statistics have been `"renewed"`
# (the images run through it 50 times in train mode, without an optimizer)?

# %% [markdown] lang="pt" asked="eval-is-worse"
# ### `eval()` é muito pior que `train()`: por quê?
#
# Uma rede acerta as suas imagens em modo de treino e as erra em modo de avaliação: as *mesmas* imagens, os mesmos pesos. Para ver isso, paramos uma
# rede nova depois de vinte passos e a medimos nas 20 imagens dela.
#
# **Preveja.** A acurácia fica acima (`"above"`) ou abaixo (`"below"`) de 50% em modo de treino (`"train"`)? E em modo de avaliação (`"eval"`)? E em modo
# de avaliação depois de renovadas as estatísticas (`"renewed"`: as imagens passam 50 vezes pela rede em modo de treino, sem otimizador)?

# %% predict="modes"
### BEGIN SOLUTION
# was: modes_prediction = {"train": ..., "eval": ..., "renewed": ...}
modes_prediction = {"train": "above", "eval": "below", "renewed": "above"}
### END SOLUTION

# %% [markdown] lang="en"
# Both functions work on a copy, because train mode changes the net that it measures:

# %% [markdown] lang="pt"
# As duas funções trabalham em uma cópia, porque, em modo de treino, medir uma rede a altera:

# %%
def accuracy_in_train_mode(net, batches):
    with torch.no_grad():
        answers = copy.deepcopy(net).train()(batches.images).argmax(1)
    return (answers == batches.labels).float().mean().item()


def renew_statistics(net, batches):
    net = copy.deepcopy(net).train()
    with torch.no_grad():
        for _ in range(50):
            net(batches.images)
    return net


# %%
expect(modes_prediction, {name: ["below", "above"] for name in ("train", "eval", "renewed")})

hasty, optimizer = prepare("scratch", None, seed=0)
_ = few_labels.learn(hasty, optimizer, count=2, steps=20)
own, _ = few_labels.labelled(2)
by_mode = {
    "train": accuracy_in_train_mode(hasty, own),
    "eval": accuracy(hasty, own),
    "renewed": accuracy(renew_statistics(hasty, own), own),
}
print(*(f"{name}: {share:.0%}" for name, share in by_mode.items()))
found = {name: "above" if share > 0.5 else "below" for name, share in by_mode.items()}
compare_prediction(modes_prediction, found)

# %% [markdown] lang="en"
# **Explanation.** The weights are the same all three times; only the statistics with which BatchNorm normalises differ, so they are the cause. Each batch moves the stored statistics only a tenth of the way,
# and after twenty steps they still describe the net as it was some steps ago, while its weights have moved on. It helps to train longer, or to renew the statistics.
#
# So when `eval()` disappoints, measure the *same* images in both modes. If they are right in train mode only, the statistics do not fit. If they are right in both modes, and other
# images are wrong, it is overfitting, or different preprocessing.

# %% [markdown] lang="pt"
# **Explicação.** Os pesos são os mesmos nas três vezes; só mudam as estatísticas com que a BatchNorm normaliza; logo, a causa está nelas. Cada lote move as estatísticas guardadas só um décimo do caminho até as do lote, e depois de vinte passos elas ainda descrevem a rede de alguns passos atrás, enquanto os pesos já são outros. O que ajuda é treinar por mais tempo, ou renovar as estatísticas.
#
# Portanto, quando `eval()` decepciona, meça as *mesmas* imagens nos dois modos. Se a rede só as acerta em modo de treino, as estatísticas não servem. Se as acerta nos dois modos
# e erra outras imagens, é sobreajuste ou pré-processamento diferente.

# %% [markdown] lang="en" asked="how-many-to-unfreeze"
# ### How many layers should I unfreeze?
#
# Between unfreezing the head alone and unfreezing everything there are steps: one stage at a time, from the head backwards. (Measured here: the head, the last stage as well, everything.) The answer may also depend on how far the new images are from the old.
# Here, *near* means the UCI digits as they are; *far* means their negatives, dark strokes on white, which the backbone has never seen. (A hook inverts them
# before the net sees them.)
#
# **Predict.** With 5 labels per class, does unfreezing everything gain more than 10 points of accuracy over unfreezing the head alone? Write `True` or `False` for `"near"` and
# `"far"`.

# %% [markdown] lang="pt" asked="how-many-to-unfreeze"
# ### Quantas camadas devo descongelar?
#
# Entre descongelar só a cabeça e descongelar tudo, há etapas: um estágio de cada vez, da cabeça para trás. (Medidas aqui: só a cabeça, também o último estágio, tudo.) A resposta também pode depender de quão longe as imagens novas
# estão das antigas. Aqui, *perto* quer dizer os dígitos UCI como são; *longe*, os negativos deles, traços escuros no branco, que o corpo nunca
# viu. (Um gancho os inverte antes que a rede os veja.)
#
# **Preveja.** Com 5 rótulos por classe, descongelar tudo rende mais de 10 pontos de acurácia em relação a descongelar só a cabeça? Escreva `True` ou `False`,
# para perto (`"near"`) e para longe (`"far"`).

# %% predict="unfreezing"
### BEGIN SOLUTION
# was: unfreezing_prediction = {"near": ..., "far": ...}
unfreezing_prediction = {"near": False, "far": True}
### END SOLUTION

# %% [markdown] lang="en"
# What is not unfrozen stands still, BatchNorm's statistics included. So in a stage that is unfrozen, two things can change: its weights and its statistics. The control, `prepare_statistics`, frees
# only the head and the statistics: it is the trap, on purpose.

# %% [markdown] lang="pt"
# O que não é descongelado fica parado, inclusive as estatísticas da BatchNorm. Em um estágio descongelado podem mudar, portanto, duas coisas: os pesos e as estatísticas. O controle, `prepare_statistics`,
# solta só a cabeça e as estatísticas: é a armadilha, de propósito.

# %%
def stand_still(norm, inputs):
    norm.eval()


def turn_negative(net, inputs):
    return (1 - inputs[0],)  # what a pre-hook returns takes the place of the inputs
    # pt: return (1 - inputs[0],)  # o que um gancho desses devolve toma o lugar das entradas


def prepare_unfrozen(source, parts, domain, seed):
    net, optimizer = prepare("tuned", source, seed)
    for name, part in net.named_children():
        if name not in parts:
            part.requires_grad_(False)
            for module in part.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.register_forward_pre_hook(stand_still)
    if domain == "far":
        net.register_forward_pre_hook(turn_negative)
    return net, optimizer


def prepare_statistics(source, seed):
    net, optimizer = prepare_trap(source, seed)
    net.register_forward_pre_hook(turn_negative)
    return net, optimizer


# %% [markdown] lang="en"
# Two domains, three depths, three seeds each: about ten seconds.

# %% [markdown] lang="pt"
# Dois domínios, três profundidades, três sementes cada: uns dez segundos.

# %%
expect(unfreezing_prediction, {"near": bool, "far": bool})

PARTS = ["fc", "layer3", "layer2", "layer1", "bn1", "conv1"]
unfrozen, gained = {}, {}
for domain in ("near", "far"):
    depths = {
        str(count): partial(prepare_unfrozen, source, PARTS[:count], domain)
        for count in (1, 2, 6)
    }
    measured = few_labels.study(depths, 5, accuracy)
    unfrozen[domain] = []
    for seed in range(3):
        unfrozen[domain].append([100 * measured[count][seed] for count in depths])
    gained[domain] = sum(run[-1] - run[0] for run in unfrozen[domain]) / 3

found = {name: points > 10 for name, points in gained.items()}
compare_prediction(unfreezing_prediction, found)

# %%
plots.lines(
    "06_transfer_learning.figures.unfreezing",
    range(3),
    unfrozen,
    colors={"near": "light", "far": "accent"},
    figures={name: number(points, "+.0f") for name, points in gained.items()},
)

# %% [markdown] lang="en"
# Now the control: the backbone's weights stay frozen; besides the head, only BatchNorm's statistics may change. Again there are three seeds, and only the far images: a few seconds.

# %% [markdown] lang="pt"
# Agora, o controle: os pesos do corpo ficam congelados; além da cabeça, só as estatísticas da BatchNorm podem mudar. De novo são três sementes, e só as imagens distantes: alguns segundos.

# %%
free = {"statistics": partial(prepare_statistics, source)}
statistics_alone = 100 * sum(few_labels.study(free, 5, accuracy)["statistics"]) / 3
head_alone, everything = (sum(run[place] for run in unfrozen["far"]) / 3 for place in (0, -1))
print(f"far, the head alone: {head_alone:.0f}%; everything: {everything:.0f}%")
# pt: print(f"longe, só a cabeça: {head_alone:.0f}%; tudo: {everything:.0f}%")
print(f"far, the head and the statistics alone: {statistics_alone:.0f}%")
# pt: print(f"longe, só a cabeça e as estatísticas: {statistics_alone:.0f}%")

# %% claims=true
assert statistics_alone - sum(run[0] for run in unfrozen["far"]) / 3 > 0.3 * gained["far"], {
    "en": "BatchNorm's statistics alone bring back a good part",
    "pt": "Só as estatísticas da BatchNorm já recuperam uma boa parte",
}

# %% [markdown] lang="en"
# **Explanation.** Near the old images, the features fit as they are: the head alone comes within a few points of the best. Far from them, the head alone is lost, and unfreezing the
# last stage as well already brings most of what can be gained. But not all of the gain is due to the weights: compare the three percentages printed above. BatchNorm's statistics alone bring back a good part.
#
# So begin with the head; unfreeze from the head backwards; stop when the accuracy on held-out images rises no further. In this experiment there was much more to gain on the negatives.
# (Yosinski et al. 2014 ran a related study, and cut nets at each layer in turn.)

# %% [markdown] lang="pt"
# **Explicação.** Perto das imagens antigas, as características servem como estão: só a cabeça já chega a poucos pontos do melhor. Longe delas, a cabeça sozinha
# está perdida, e descongelar também o último estágio já traz a maior parte do que há para ganhar. Mas nem todo o ganho se deve aos pesos: compare as três porcentagens impressas acima. Só as
# estatísticas da BatchNorm já recuperam uma boa parte.
#
# Portanto, comece pela cabeça; descongele da cabeça para trás; pare quando a acurácia nas imagens reservadas não subir mais. Aqui, havia muito mais a ganhar nas imagens
# distantes. (Yosinski et al. 2014 fizeram um estudo parecido, cortando redes em cada camada.)

# %% [markdown] lang="en" asked="optimizer-too-early"
# ### The optimizer was made too early
#
# Here are two pieces of code, each in an order that looks harmless. In the first, the optimizer is made for the head, and then the backbone is unfrozen. In the second, the optimizer is made
# for the whole net, and then the head is replaced.
#
# **Predict.** After five steps, how many of the `"backbone"`'s weights have moved in the first net, and how many of the new `"head"`'s in the second? Write
# `"none"`, `"some"` or `"all"`.

# %% [markdown] lang="pt" asked="optimizer-too-early"
# ### O otimizador foi criado cedo demais
#
# Estes são dois trechos de código, cada um em uma ordem que parece inofensiva. No primeiro, o otimizador é criado para a cabeça, e depois o corpo é descongelado. No segundo, ele é
# criado para a rede inteira, e depois a cabeça é trocada.
#
# **Preveja.** Depois de cinco passos, quantos pesos do corpo (`"backbone"`) mudaram na primeira rede, e quantos da cabeça nova (`"head"`) mudaram na
# segunda? Escreva `"none"` (nenhum), `"some"` (alguns) ou `"all"` (todos).

# %% predict="early"
### BEGIN SOLUTION
# was: early_prediction = {"backbone": ..., "head": ...}
early_prediction = {"backbone": "none", "head": "none"}
### END SOLUTION

# %%
expect(early_prediction, {name: ["none", "some", "all"] for name in ("backbone", "head")})

first_net = freeze_backbone(replace_head(copy.deepcopy(source), 10))
optimizer = SGD([p for p in first_net.parameters() if p.requires_grad], lr=0.005)
first_net.requires_grad_(True)
moved, total = count_moved(first_net, optimizer)["weights"]

second_net = copy.deepcopy(source)
optimizer = SGD(second_net.parameters(), lr=0.005)
replace_head(second_net, 10)
head_before = second_net.fc.weight.detach().clone()
_ = count_moved(second_net, optimizer)
head_moved = not torch.equal(second_net.fc.weight, head_before)

compare_prediction(
    early_prediction,
    {
        "backbone": "none" if moved == 0 else "all" if moved == total else "some",
        "head": "all" if head_moved else "none",
    },
)

# %% [markdown] lang="en"
# **Explanation.** An optimizer changes the tensors that it was given, and knows no names: what is added later is not on its list, and neither is what was left out because it was still frozen. PyTorch says
# nothing; the loss may even fall, because the rest learns. `fit` compares that list with the net's parameters and says what is missing, as above. In a loop of your own: make the optimizer
# last, or add the new parameters with `optimizer.add_param_group(…)`.

# %% [markdown] lang="pt"
# **Explicação.** Um otimizador muda os tensores que recebeu e não conhece nomes: o que é acrescentado depois não está na lista dele, nem o que ficou de fora por ainda estar congelado. O
# PyTorch não diz nada; a perda pode até cair, porque o resto aprende. `fit` compara essa lista com os parâmetros da rede e avisa o que falta, como acima. Em um laço seu: crie o otimizador por
# último ou acrescente os parâmetros novos com `optimizer.add_param_group(…)`.

# %% [markdown] lang="en" asked="grey-or-four-channels"
# ### Grey photos, or four channels
#
# An ImageNet net wants three channels. A grey photo can be repeated in all three (`photo.convert("RGB")`, as `image_data` does), and nothing has to change. Or
# `conv1` changes: add up each filter's weights over its channels, and divide the sum equally among the new channels. Our net goes from one channel to three, and reads the same MNIST
# digits as RGB.
#
# **Predict.** Without any training, is the accuracy on MNIST `"above"` or `"below"` 90% with weights divided in this way (`"shared"`)? With a `"new"`, random `conv1`? With
# a fourth channel of noise whose weights are `"zero"`?

# %% [markdown] lang="pt" asked="grey-or-four-channels"
# ### Fotos cinza ou de quatro canais
#
# Uma rede da ImageNet quer três canais. Uma foto cinza pode ser repetida nos três (`photo.convert("RGB")`, como `image_data` faz), e nada precisa mudar. Ou
# então se adapta a `conv1`: somam-se os pesos de cada filtro ao longo dos canais e reparte-se a soma por igual entre os canais novos. A nossa rede vai de um canal para três e lê os mesmos dígitos do
# MNIST em RGB.
#
# **Preveja.** Sem nenhum treino, a acurácia no MNIST fica acima (`"above"`) ou abaixo (`"below"`) de 90% com pesos repartidos assim (`"shared"`)? E com uma
# `conv1` nova (`"new"`), aleatória? E com um quarto canal, de ruído, cujos pesos são zero (`"zero"`)?

# %% predict="channels"
### BEGIN SOLUTION
# was: channels_prediction = {"shared": ..., "new": ..., "zero": ...}
channels_prediction = {"shared": "above", "new": "below", "zero": "above"}
### END SOLUTION

# %% [markdown] lang="en"
# This function makes the new `conv1`:

# %% [markdown] lang="pt"
# Esta função cria a nova `conv1`:

# %%
def change_channels(net, channels):
    """Return a copy with different input channels: the old weights, shared out equally."""
    # pt: """Devolve uma cópia com outros canais de entrada: os pesos antigos, repartidos."""
    net = copy.deepcopy(net)
    old = net.conv1
    net.conv1 = nn.Conv2d(
        channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False
    )
    with torch.no_grad():
        net.conv1.weight.copy_(old.weight.sum(1, keepdim=True) / channels)
    return net


# %%
expect(channels_prediction, {name: ["below", "above"] for name in ("shared", "new", "zero")})

torch.manual_seed(0)
grey = few_labels.mnist_held_out()
rgb = grey.images.repeat(1, 3, 1, 1)
four = torch.cat([rgb, torch.rand_like(grey.images)], 1)

adapted = {name: change_channels(source, 3) for name in ("shared", "new")}
adapted["new"].conv1.reset_parameters()
adapted["zero"] = change_channels(source, 4)
with torch.no_grad():
    adapted["zero"].conv1.weight[:, :3] = adapted["shared"].conv1.weight
    adapted["zero"].conv1.weight[:, 3] = 0

by_channels = {
    name: accuracy(adapted_net, [(four if name == "zero" else rgb, grey.labels)])
    for name, adapted_net in adapted.items()
}
print(*(f"{name}: {share:.1%}" for name, share in by_channels.items()))
sides = {name: "above" if share > 0.9 else "below" for name, share in by_channels.items()}
compare_prediction(channels_prediction, sides)

# %% [markdown] lang="en"
# Now a ResNet-18 goes from three channels to one. How far are its logits for a grey image from those of the old net, which gets the image in three channels? The cell prints the difference as a share of the largest logit:

# %% [markdown] lang="pt"
# Agora uma ResNet-18 vai de três canais para um. Quanto os logits dela para uma imagem cinza diferem dos da rede antiga, que recebe a imagem em três canais? A célula imprime a diferença em proporção ao maior logit:

# %%
torch.manual_seed(0)
large_net = get_model("resnet18", weights=None).eval()
grey_photo = torch.rand(1, 1, 64, 64)
with torch.no_grad():
    as_rgb = large_net(grey_photo.repeat(1, 3, 1, 1))
    as_grey = change_channels(large_net, 1).eval()(grey_photo)
print(f"{(as_rgb - as_grey).abs().max() / as_rgb.abs().max():.0e}")

# %% [markdown] lang="en"
# **Explanation.** A convolution adds up over its channels: if all channels are alike, only the sum of their weights counts, whichever net it is. A new
# `conv1` throws away the filters on which everything after it relies. A channel of another kind (depth, infrared) can begin with zeros: at first the
# net answers as before, and training finds out what the channel is good for.
#
# (ImageNet's normalisation has three means and three standard deviations. For one grey channel their averages, 0.449 and 0.226, do nearly the same.)

# %% [markdown] lang="pt"
# **Explicação.** Uma convolução soma ao longo dos canais: se todos são iguais, só conta a soma dos pesos, em qualquer rede. Uma `conv1` nova joga fora os
# filtros de que depende tudo o que vem depois. Um canal de outro tipo (profundidade, infravermelho) pode começar com zeros: no início a rede responde
# como antes, e o treino descobre para que o canal serve.
#
# (A normalização da ImageNet tem três médias e três desvios-padrão. Para um só canal cinza, a média de cada trio, 0,449 e 0,226, faz quase o mesmo.)

# %% [markdown] lang="en" asked="not-224"
# ### Photos that are not 224 × 224
#
# The pool before the head averages whatever is left, so a ResNet *runs* on other sizes. Does it still *read*? The MNIST digits are shown in three forms:
# `"enlarged"` from 28 × 28 to 56 × 56 pixels; `"framed"`, at their own size in the middle of 56 × 56; and enlarged, but `"restored"` to 28 × 28 before
# the net sees them.
#
# **Predict.** Is the accuracy on each form `"above"` or `"below"` 90%?

# %% [markdown] lang="pt" asked="not-224"
# ### Fotos que não têm 224 × 224
#
# O *pooling* antes da cabeça tira a média do que sobrar, e por isso uma ResNet *roda* com outros tamanhos. Mas ainda *lê*? Os dígitos do MNIST aparecem de
# três formas: ampliados (`"enlarged"`) de 28 × 28 para 56 × 56 pixels; emoldurados (`"framed"`), no tamanho original, no centro de uma imagem de 56 × 56; e ampliados, mas
# restaurados (`"restored"`) para 28 × 28 antes de chegar à rede.
#
# **Preveja.** Em cada forma, a acurácia fica acima (`"above"`) ou abaixo (`"below"`) de 90%?

# %% predict="image_sizes"
### BEGIN SOLUTION
# was: image_sizes_prediction = {"enlarged": ..., "framed": ..., "restored": ...}
image_sizes_prediction = {"enlarged": "below", "framed": "below", "restored": "above"}
### END SOLUTION

# %%
expect(
    image_sizes_prediction,
    {name: ["below", "above"] for name in ("enlarged", "framed", "restored")},
)

kept_back = few_labels.mnist_held_out()
resize = partial(F.interpolate, mode="bilinear", antialias=True)
enlarged = resize(kept_back.images, size=56)
forms = {
    "enlarged": enlarged,
    "framed": F.pad(kept_back.images, [14] * 4),
    "restored": resize(enlarged, size=28),
}
by_size = {name: accuracy(source, [(form, kept_back.labels)]) for name, form in forms.items()}
sides = {name: "above" if share > 0.9 else "below" for name, share in by_size.items()}
compare_prediction(image_sizes_prediction, sides)

# %% [markdown] lang="en"
# How many digits of each form are read correctly, and what becomes of black inside the net?

# %% [markdown] lang="pt"
# Quantos dígitos de cada forma a rede lê corretamente, e em que se transforma o preto dentro dela?

# %%
with torch.no_grad():
    black = source.eval().bn1(source.conv1(torch.zeros(1, 1, 28, 28))).relu()
print(*(f"{name}: {share:.1%}" for name, share in by_size.items()))
print(f"black after the first ReLU: {(black > 0).float().mean():.0%} not zero")
# pt: print(f"preto depois da primeira ReLU: {(black > 0).float().mean():.0%} diferente de zero")

# %% [markdown] lang="en"
# **Explanation.** The net runs on all three forms, but reads only the restored digits well. Enlarged strokes are twice as wide as those the filters have learned. Framed
# digits have their old strokes, and still the net is lost. There are two possible reasons, not tested here: inside the net black is not zero (the last line), so a black frame is not the same as the zeros
# with which convolutions pad the border; and in the final mean, the many positions of the frame dilute the digit.

# %% [markdown] lang="pt"
# **Explicação.** A rede roda com as três formas, mas só lê bem os dígitos restaurados. Traços ampliados têm o dobro da largura dos que os filtros aprenderam. Os
# dígitos emoldurados têm os traços de antes, e mesmo assim a rede se perde. Há duas razões possíveis, não testadas aqui: dentro da rede, preto não é zero (a última linha), e por isso uma moldura
# preta não é o mesmo que os zeros com que as convoluções preenchem a borda; e, na média final, as muitas posições da moldura diluem o dígito.

# %% [markdown] lang="en"
# So resize photos to the size used in training, as `weights.transforms()` does, or fine-tune at the new size. (Photos show things at many sizes,
# so ImageNet's nets forgive more than this one.) A ResNet-18 reduces 32 × 32 pixels to a single position: enlarge small images, or give the net a stem for small images (lesson 05).

# %% [markdown] lang="pt"
# Portanto, leve as fotos ao tamanho do treino, como faz `weights.transforms()`, ou faça o ajuste fino no tamanho novo. (Fotos mostram coisas de
# muitos tamanhos, e por isso as redes da ImageNet toleram mais que esta.) A ResNet-18 reduz 32 × 32 pixels a uma única posição: amplie imagens pequenas ou dê à rede uma entrada para imagens pequenas (lição 05).

# %% [markdown] lang="en" asked="whose-mean-and-std"
# ### ImageNet's mean and standard deviation, or mine?
#
# Weights expect images on the scale they were trained on; here, MNIST's. The new digits are given in three ways: on the scale of the weights, as before (`"their"`); normalised with the new digits' own mean and standard deviation, then mapped to MNIST's (`"own"`); and as if the scaling had been forgotten (`"forgotten"`): faded, with little contrast, as photos look to ImageNet's weights when `Normalize` is left out. (The code does what `Normalize` would undo: it multiplies by MNIST's standard deviation and adds MNIST's mean.)
#
# **Predict.** With 5 labels per class and a frozen backbone, does the second way cost more than 5 points compared with `"their"`? Does the third? Write `True` or
# `False`.

# %% [markdown] lang="pt" asked="whose-mean-and-std"
# ### A média e o desvio-padrão da ImageNet ou os meus?
#
# Os pesos esperam imagens na escala em que foram treinados; aqui, a do MNIST. A rede recebe os dígitos novos de três jeitos: na escala que os pesos conhecem
# (`"their"`); normalizados com as próprias estatísticas e postos na escala do MNIST (`"own"`); e com a escala esquecida (`"forgotten"`):
# desbotados, com pouco contraste, como ficam as fotos para os pesos da ImageNet quando falta `Normalize`. (Para isso, o código faz o que `Normalize` desfaria: multiplica pelo desvio-padrão do MNIST e soma a média dele.)
#
# **Preveja.** Com 5 rótulos por classe e o corpo congelado, o segundo jeito custa mais de 5 pontos em relação a `"their"`? E o terceiro? Escreva `True` ou `False`.

# %% predict="scales"
### BEGIN SOLUTION
# was: scales_prediction = {"own": ..., "forgotten": ...}
scales_prediction = {"own": False, "forgotten": True}
### END SOLUTION

# %%
def rescale(scale, shift, net, inputs):
    return (scale * inputs[0] + shift,)


def prepare_scaled(way, source, scale, shift, seed):
    net, optimizer = prepare(way, source, seed)
    net.register_forward_pre_hook(partial(rescale, scale, shift))
    return net, optimizer


# %% [markdown] lang="en"
# The cell trains nets with a frozen backbone in the second and the third way, and fine-tunes nets in the third way as well. With three seeds, this takes about five seconds.

# %% [markdown] lang="pt"
# A célula treina redes com o corpo congelado, do segundo e do terceiro jeito, e redes com ajuste fino, só do terceiro. Com três sementes, leva uns cinco segundos.

# %%
expect(scales_prediction, {"own": bool, "forgotten": bool})

old_mean, old_std = mnist_images.mean().item(), mnist_images.std().item()
new_mean, new_std = uci_images.mean().item(), uci_images.std().item()
SCALES = {
    "own": (old_std / new_std, old_mean - new_mean * old_std / new_std),
    "forgotten": (old_std, old_mean),
}
scaled = {
    "frozen-own": partial(prepare_scaled, "frozen", source, *SCALES["own"]),
    "frozen-forgotten": partial(prepare_scaled, "frozen", source, *SCALES["forgotten"]),
    "tuned-forgotten": partial(prepare_scaled, "tuned", source, *SCALES["forgotten"]),
}
their = {f"{way}-their": results[5][way] for way in ("frozen", "tuned")}
by_scale = their | few_labels.study(scaled, 5, accuracy)
cost = {
    name: (sum(by_scale["frozen-their"]) - sum(by_scale[f"frozen-{name}"])) / 3
    for name in ("own", "forgotten")
}
compare_prediction(scales_prediction, {name: points > 0.05 for name, points in cost.items()})

# %%
plots.bars(
    "06_transfer_learning.figures.scales",
    {name: by_scale[name] for name in sorted(by_scale, reverse=True)},
    colors={name: "light" if name.startswith("frozen") else "accent" for name in by_scale},
    percent=True,
    figures={name: number(-100 * points, "+.1f") for name, points in cost.items()},
)

# %% [markdown] lang="en"
# **Explanation.** As long as your images resemble those that the weights were trained on, it makes little difference whether you use your own statistics or those of the weights. What costs accuracy is forgetting
# the scaling, and only with a frozen backbone, which cannot adapt. In fine-tuning it makes almost no difference (three runs cannot order bars that are so close): there BatchNorm is in train mode and subtracts the mean of each batch and divides by its standard deviation, so a
# constant added to the pixels, or a factor that multiplies them, almost cancels out after the first convolution. So take the numbers that come with the weights; your own are for training from scratch.

# %% [markdown] lang="pt"
# **Explicação.** Se as suas imagens se parecem com aquelas em que os pesos foram treinados, pouco importa usar as estatísticas delas ou as dos pesos. O que custa acurácia é esquecer a escala, e só com o
# corpo congelado, que não pode se adaptar. No ajuste fino, quase não faz diferença (três treinos não dizem qual de duas barras tão próximas é a melhor): ali a BatchNorm está em modo de treino, subtrai a média de cada lote e divide pelo desvio-padrão dele; uma constante somada aos pixels, ou um fator que os multiplica,
# quase não tem mais efeito depois da primeira convolução. Use, portanto, os números que vêm com os pesos; os seus, só para treinar do zero.

# %% [markdown] lang="en" asked="sequential-of-children"
# ### `nn.Sequential(*list(model.children())[:-1])`: what survives?
#
# This line is all over the web: it cuts the head off, to get features.
#
# **Predict.** We apply it to the net `frozen` of exercise 3. Do the `"weights"` survive (the very same tensors)? Do their `"names"` in `state_dict()`? The `"flatten"`
# before the head? And the `"hooks"` that keep BatchNorm still? Write `True` or `False`.

# %% [markdown] lang="pt" asked="sequential-of-children"
# ### `nn.Sequential(*list(model.children())[:-1])`: o que sobrevive?
#
# Esta linha está por toda a internet: ela corta a cabeça para obter as características.
#
# **Preveja.** Nós a aplicamos à rede `frozen` do exercício 3. Os pesos sobrevivem (`"weights"`, os próprios tensores)? E os nomes deles em `state_dict()` (`"names"`)? E o
# `"flatten"` antes da cabeça? E os ganchos (`"hooks"`) que mantêm a BatchNorm parada? Escreva `True` ou `False`.

# %% predict="sequential"
### BEGIN SOLUTION
# was: sequential_prediction = {"weights": ..., "names": ..., "flatten": ..., "hooks": ...}
sequential_prediction = {"weights": True, "names": False, "flatten": False, "hooks": True}
### END SOLUTION

# %%
expect(sequential_prediction, dict.fromkeys(("weights", "names", "flatten", "hooks"), bool))

two_digits = uci_images[:2]
body = nn.Sequential(*list(frozen.children())[:-1])
buffers_before = copy.deepcopy(body.state_dict())
with torch.no_grad():
    features = body.train()(two_digits)
print(list(features.shape), list(body.state_dict())[:2])
compare_prediction(
    sequential_prediction,
    {
        "weights": body[0].weight is frozen.conv1.weight,
        "names": set(body.state_dict()) <= set(frozen.state_dict()),
        "flatten": features.dim() == 2,
        "hooks": all(now.equal(buffers_before[name]) for name, now in body.state_dict().items()),
    },
)

# %% [markdown] lang="en"
# The hooks survive because they belong to the layers, which are still the same objects. What is lost is `forward`: whatever it does besides calling each child once, one after the other. In a ResNet that is one `flatten`. In a block it is the
# shortcut, and the second use of the ReLU:

# %% [markdown] lang="pt"
# Os ganchos sobrevivem porque pertencem às camadas, que continuam sendo os mesmos objetos. O que se perde é o `forward`: tudo o que ele faz além de chamar cada filho uma vez, um depois do outro. Na ResNet, é um `flatten`. Em um bloco, são o atalho e o segundo uso da ReLU:

# %%
with torch.no_grad():
    maps = frozen.eval().relu(frozen.bn1(frozen.conv1(two_digits)))
    block = frozen.layer1[0]
    as_a_row = nn.Sequential(*block.children())
    print(as_a_row)
    difference = (as_a_row(maps) - block(maps)).abs().max()
    headless = copy.deepcopy(frozen)
    headless.fc = nn.Identity()
    same = headless(two_digits).equal(features.flatten(1))
print(f"block in a row: off by up to {difference:.2f}")
# pt: print(f"bloco em fila: diferença de até {difference:.2f}")
print(f"fc = nn.Identity(): same features: {same}")
# pt: print(f"fc = nn.Identity(): mesmas características: {same}")

# %% [markdown] lang="en"
# So `nn.Sequential(*children)` is right only for nets whose `forward` merely calls the children in a row. `model.fc = nn.Identity()` keeps `forward` and the names, and is
# right for every net that ends in `fc`.

# %% [markdown] lang="pt"
# Portanto, `nn.Sequential(*children)` só serve para redes cujo `forward` apenas chama os filhos em sequência. `model.fc = nn.Identity()` mantém o `forward` e os nomes e
# serve para toda rede que termina em `fc`.

# %% [markdown] lang="en" asked="one-value-per-channel"
# ### “Expected more than 1 value per channel when training”
#
# In train mode BatchNorm takes the mean and the variance of each channel over the batch *and* over all positions of the map.
#
# **Predict.** Does a ResNet-18 in train mode accept one image of 224 × 224? One of 32 × 32? Two of 32 × 32? Write `True` or
# `False`.

# %% [markdown] lang="pt" asked="one-value-per-channel"
# ### “Expected more than 1 value per channel when training”
#
# Em modo de treino, a BatchNorm tira a média e a variância de cada canal ao longo do lote *e* de todas as posições do mapa.
#
# **Preveja.** Em modo de treino, uma ResNet-18 aceita uma imagem de 224 × 224? E uma de 32 × 32? E duas de 32 × 32? Escreva `True` ou `False`.

# %% predict="one_image"
### BEGIN SOLUTION
# was: one_image_prediction = {"1 of 224": ..., "1 of 32": ..., "2 of 32": ...}
one_image_prediction = {"1 of 224": True, "1 of 32": False, "2 of 32": True}
### END SOLUTION

# %%
expect(one_image_prediction, {"1 of 224": bool, "1 of 32": bool, "2 of 32": bool})

torch.manual_seed(0)
trainee = get_model("resnet18", weights=None).train()
accepted = {}
batches = {"1 of 224": (1, 224), "1 of 32": (1, 32), "2 of 32": (2, 32)}
for name, (count, side) in batches.items():
    try:
        with torch.no_grad():
            trainee(torch.rand(count, 3, side, side))
        accepted[name] = True
    except ValueError as refusal:
        accepted[name] = False
        print(f"{name}: {refusal}")
compare_prediction(one_image_prediction, accepted)

# %% [markdown] lang="en"
# **Explanation.** After five halvings, 32 pixels are one position. One image then has one value per channel, and one value has no variance. This error often strikes
# in the last batch of an epoch, when a single image is left over: `DataLoader(…, drop_last=True)` drops it. A frozen BatchNorm, in eval mode,
# takes single images too. And one large image *is* accepted, but then the statistics are those of a single photo, which may say little about others.

# %% [markdown] lang="pt"
# **Explicação.** Depois de cinco reduções à metade, 32 pixels viram uma única posição. Uma imagem tem então um valor por canal, e um valor só não tem variância.
# O erro costuma aparecer no último lote de uma época, quando sobra uma única imagem: `DataLoader(…, drop_last=True)` a descarta. Uma BatchNorm congelada, em
# modo de avaliação, aceita também uma só imagem. E uma imagem grande *é* aceita, mas então as estatísticas são as de uma foto só, que podem dizer pouco sobre as outras.

# %% [markdown] lang="en"
# ## What you take with you
#
# - Measure in eval mode, without gradients, and leave the net as it was.
# - `requires_grad=False` freezes weights, not BatchNorm's statistics.
# - Few labels: start from a trained backbone. With more labels, training from scratch catches up with the frozen backbone; here, fine-tuning stays ahead.
# - Give the backbone a learning rate well below the head's (start with a tenth); too high a rate ruins it, even with a trained head.
# - Augmentation that fits the task can help; here a trained backbone helped far more.
# - One number is not enough: look at the confusions and at the mistakes the net is most certain of.
#
# **Next:** lesson 07, width and cardinality: different ways to spend the same budget.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - Meça em modo de avaliação, sem gradientes; deixe a rede como estava.
# - `requires_grad=False` congela pesos, não as estatísticas da BatchNorm.
# - Poucos rótulos: parta de um corpo treinado. Com mais rótulos, treinar do zero alcança o congelado; aqui, o ajuste fino segue à frente.
# - Dê ao corpo uma taxa bem abaixo da taxa da cabeça (comece com um décimo); uma taxa alta demais o estraga, mesmo com a cabeça treinada.
# - Aumento de dados que combina com a tarefa pode ajudar; aqui, um corpo treinado ajudou bem mais.
# - Um número não basta: olhe as confusões e os erros cometidos com mais certeza.
#
# **A seguir:** na lição 07, largura e cardinalidade, outros jeitos de gastar o mesmo orçamento.

# %% [markdown] lang="en"
# ## Go further
#
# - Yosinski, Clune, Bengio, Lipson (2014), [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792): which layers are general,
#   which belong to one task.
# - Kornblith, Shlens, Le (2019), [Do Better ImageNet Models Transfer Better?](https://arxiv.org/abs/1805.08974)
# - Kornblith, Chen, Lee, Norouzi (2021), [Why Do Better Loss Functions Lead to Less Transferable Features?](https://arxiv.org/abs/2010.16402)
# - He, Girshick, Dollár (2018), [Rethinking ImageNet Pre-training](https://arxiv.org/abs/1811.08883): with enough labels, training from scratch catches up.
# - Li, Wang, Shi, Liu, Hou (2016), [Revisiting Batch Normalization For Practical Domain Adaptation](https://arxiv.org/abs/1603.04779): the trap, on purpose.
# - Selvaraju et al. (2017), [Grad-CAM](https://arxiv.org/abs/1610.02391).

# %% [markdown] lang="pt"
# ## Para ir além
#
# - Yosinski, Clune, Bengio, Lipson (2014), [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792): que camadas são gerais, que
#   camadas pertencem a uma só tarefa.
# - Kornblith, Shlens, Le (2019), [Do Better ImageNet Models Transfer Better?](https://arxiv.org/abs/1805.08974)
# - Kornblith, Chen, Lee, Norouzi (2021), [Why Do Better Loss Functions Lead to Less Transferable Features?](https://arxiv.org/abs/2010.16402)
# - He, Girshick, Dollár (2018), [Rethinking ImageNet Pre-training](https://arxiv.org/abs/1811.08883): com rótulos suficientes, o treino do zero alcança o pré-treinado.
# - Li, Wang, Shi, Liu, Hou (2016), [Revisiting Batch Normalization For Practical Domain Adaptation](https://arxiv.org/abs/1603.04779): a armadilha, de propósito.
# - Selvaraju et al. (2017), [Grad-CAM](https://arxiv.org/abs/1610.02391).

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 01 · Why depth was hard: gradients that vanish, nets that get worse
#
# In 2014 the best nets of the ImageNet competition had about twenty layers. Simply adding more layers did not make such nets
# better (He et al., 2015). Here you make depth fail in two ways, and tell them apart by measuring.
#
# **You will be able to**
# - say what a gradient passes through on its way back, and compute what is left;
# - measure every layer's gradient, and tell whether it vanishes, survives or explodes;
# - tell vanishing gradients, degradation and overfitting apart, each by its own measurement.
#
# Plan for about 145 minutes; sections headed *More* may be skipped. A laptop is enough, without a GPU or an
# internet connection.

# %% [markdown] lang="pt"
# # 01 · Por que a profundidade era difícil: gradientes que somem, redes que pioram
#
# Em 2014, as melhores redes da competição ImageNet tinham umas vinte camadas. Simplesmente acrescentar mais camadas não as
# melhorava (He et al., 2015). Nesta lição, você vê a profundidade fracassar de duas maneiras e
# aprende, medindo, a distinguir uma da outra.
#
# **Ao final, você saberá**
# - dizer por onde um gradiente passa no caminho de volta e calcular quanto sobra dele;
# - medir o gradiente de cada camada e dizer se ele some, sobrevive ou explode;
# - distinguir gradiente que some, degradação e sobreajuste, cada um pela sua medida.
#
# Reserve cerca de 145 minutos; as seções *Mais* podem ser puladas. Basta um laptop, sem GPU e sem internet.

# %% setup=true

# %%
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import googlenet, vgg16

from resnet_course import checks, data, experiments, mlp, plots, small_nets
from resnet_course.cost import cost_table
from resnet_course.evaluation import accuracy
from resnet_course.explorers import explore
from resnet_course.predictions import compare_prediction, expect
from resnet_course.resnet import create_resnet
from resnet_course.shapes import shape_table
from resnet_course.training import fit

images, labels = data.mnist5k()
x, y = images[::40], labels[::40]
train, held_out = (data.Batches(*part, shuffle=True) for part in data.split(images, labels))

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first
#
# A net of 30 layers, with sigmoids (explained below), classifies 125 handwritten digits. From the error in its answers, a
# [**gradient**](glossary:gradient) is computed for every layer. The gradient says in which direction the layer's weights would
# have to move to make the error larger, and how strongly the error would react. Training takes a step in the opposite direction.
#
# The figure shows how large that gradient is in each of the 30 layers. Its size is the [norm](glossary:norm): the square root of
# the sum of the squares of all its numbers. Nothing is drawn by hand: the net runs when you run the cell. (The first argument of
# `plots.profile` only says where the figure's captions are stored.)

# %% [markdown] lang="pt"
# ## Primeiro, a figura
#
# Uma rede de 30 camadas, com sigmoides (explicadas adiante), classifica 125 dígitos escritos à mão. A partir do erro das respostas, calcula-se para cada camada um
# [**gradiente**](glossary:gradient). Ele diz em que direção os pesos da camada teriam de se mover para aumentar o erro, e com que
# intensidade o erro reagiria. O treino dá um passo no sentido contrário.
#
# A figura mostra o tamanho desse gradiente em cada uma das 30 camadas. Esse tamanho é a [norma](glossary:norm): a raiz da soma
# dos quadrados de todos os seus números. Nada foi desenhado à mão: a rede roda quando você executa a célula. (O primeiro argumento
# de `plots.profile` só diz onde ficam guardadas as legendas da figura.)

# %%
torch.manual_seed(0)
first_profile = experiments.profile_of(mlp.deep_mlp(30, 64, nn.Sigmoid), x, y)
plots.profile(
    "01_vanishing_gradient.figures.first",
    {"plain-30": list(first_profile.values())},
    figures={"images": len(x)},
)

# %% [markdown] lang="en"
# The axis is logarithmic: each step down divides the value by the same factor. On the way from the output (right) to the image (left), the
# gradient loses about the same share of its size in every layer. That is the
# [**vanishing gradient**](glossary:vanishing-gradient).
#
# ## Does it matter that the gradient is so small?
#
# Training subtracts *[learning rate](glossary:learning-rate) × gradient* from each weight. Weights are usually of type `float32`:
# numbers with about
# seven digits. (`eps` below is the distance from 1 to the next larger such number.) Suppose that a weight of 1 has a
# gradient as large as the norm that the figure shows for the first layer (not the ratio in its title). What is the weight
# after one step with learning rate 0.05?

# %% [markdown] lang="pt"
# O eixo é logarítmico: cada degrau para baixo divide o valor pelo mesmo fator. Da saída (à direita) até a imagem (à esquerda), o
# gradiente perde em cada camada mais ou menos a mesma fração do seu tamanho. Esse é o
# [**gradiente que some**](glossary:vanishing-gradient) (*vanishing gradient*).
#
# ## Um gradiente tão pequeno faz diferença?
#
# O treino subtrai *[taxa de aprendizado](glossary:learning-rate) × gradiente* de cada peso. Os pesos costumam ser `float32`:
# números com cerca de sete
# algarismos. (O `eps` abaixo é a distância de 1 até o número seguinte desse tipo.) Imagine um peso igual a 1 com um
# gradiente do tamanho da norma que a figura mostra para a primeira camada (e não da razão que está no título). Quanto vale esse peso
# depois de um passo com taxa de aprendizado 0,05?

# %%
gradient = next(iter(first_profile.values()))
weight = torch.tensor(1.0)
unchanged = (weight - 0.05 * gradient == weight).item()
eps = torch.finfo(torch.float32).eps
print(f"{eps=:.0e} {gradient=:.0e} {unchanged=}")
# pt: print(f"eps={eps:.0e} gradiente={gradient:.0e} inalterado={unchanged!r}")

# %% [markdown] lang="en"
# The weight is exactly the same: the step is lost in rounding. Now let us train this net on 4,000 digits, going through all of them twice
# (two [**epochs**](glossary:epoch)), and look at how far the weights of each layer have moved. The cell
# prints this as a share of the norm that they had at the start: 0.1 means a tenth of that norm.

# %% [markdown] lang="pt"
# O valor é exatamente o mesmo: o passo se perde no arredondamento. Vamos então treinar esta rede com 4.000 dígitos, passando duas vezes por
# todos eles (duas [**épocas**](glossary:epoch)), e ver quanto os pesos de cada camada se moveram. A célula mostra
# esse movimento como fração da norma que os pesos tinham no início: 0,1 quer dizer um décimo dela.

# %%
def matrices(model):
    return [weight.detach().clone() for weight in model.parameters() if weight.dim() > 1]


torch.manual_seed(0)
sigmoid_net = mlp.deep_mlp(30, 64, nn.Sigmoid)
before = matrices(sigmoid_net)
_ = fit(sigmoid_net, train, epochs=2, seed=0, device="cpu")
pairs = zip(before, matrices(sigmoid_net), strict=True)
moved = [((new - old).norm() / old.norm()).item() for old, new in pairs]

for layer in (1, 10, 20, 28, 29, 30):
    share = moved[layer - 1]
    print(f"{layer=} {share=:.0e}")
    # pt: print(f"camada={layer!r} fração={share:.0e}")
training_error = 1 - accuracy(sigmoid_net, train)
print(f"{training_error=:.1%}")
# pt: print(f"erro_de_treino={training_error:.1%}")

# %% [markdown] lang="en"
# The first layers, those next to the image, have not moved at all; only the last few have moved by an amount worth mentioning. (How can a share be far
# below `eps`? Near 0, numbers lie closer together than near 1, so a few weights very near 0 can move when no others do; and the
# share is measured against the whole layer.) The last line says what share of its own training images the net gets wrong: nine in ten, no better than guessing.
#
# Is the tiny gradient the only reason? This run alone cannot tell us. On the way forwards, too, so many sigmoids let through next to
# nothing of what distinguishes two images; lesson 02 measures that.

# %% [markdown] lang="pt"
# As primeiras camadas, as mais próximas da imagem, não se moveram nem um pouco; só as últimas se moveram de modo apreciável. (A fração pode ficar muito abaixo de
# `eps` porque se refere à camada inteira: perto de 0, os números ficam mais próximos uns dos outros do que perto de 1, e por isso
# pesos bem próximos de 0 podem se mover quando nenhum outro se move.) A última linha diz qual fração das próprias imagens de treino
# a rede erra: nove em cada dez, o mesmo que chutar.
#
# Será só por causa do gradiente minúsculo? Esta execução não permite dizer. Também na ida, quase nada do que distingue duas imagens
# atravessa tantas sigmoides; a lição 02 mede isso.

# %% [markdown] lang="en"
# ### What the first layers could have learned
#
# In nets for photos, the weights of the first layer come to detect edges and colours;
# the layers after it combine these into textures, parts and objects (Zeiler & Fergus, 2014). And our digits? The cell
# trains a net of 3 layers in the same way, with ReLU (explained below) instead of sigmoids. This shows what a first layer *can* learn, not whether depth or activation makes the difference. The figure shows, as images of 28 × 28 pixels, how the weights of
# four of the first layer's 64 neurons have *changed*: first in the deep net, then in the shallow one. (Each neuron
# makes one of the layer's 64 outputs.)

# %% [markdown] lang="pt"
# ### O que as primeiras camadas poderiam ter aprendido
#
# Na primeira camada, a rede encontra a imagem. Em redes para fotos, os pesos dela passam a detectar bordas e cores; as
# seguintes combinam isso em texturas, partes e objetos (Zeiler & Fergus, 2014). E os nossos dígitos? A célula
# treina da mesma maneira uma rede de 3 camadas, com ReLU em vez de sigmoides (ambas explicadas adiante). A comparação mostra o que uma primeira camada *pode* aprender, não se o decisivo é a profundidade ou a ativação. A figura mostra, como imagens de
# 28 × 28 pixels, quanto os pesos de quatro dos 64 neurônios da primeira camada *mudaram*: primeiro na rede profunda, depois na rasa.
# (Cada um calcula um dos 64 números da camada.)

# %%
torch.manual_seed(0)
shallow_net = mlp.deep_mlp(3, 64, nn.ReLU)
shallow_start = matrices(shallow_net)[0]
_ = fit(shallow_net, train, epochs=2, seed=0, device="cpu")

changes = {
    "deep": matrices(sigmoid_net)[0] - before[0],
    "shallow": matrices(shallow_net)[0] - shallow_start,
}
shallow_moved = (changes["shallow"].norm() / shallow_start.norm()).item()
plots.image_rows(
    "01_vanishing_gradient.figures.first-layer",
    {name: change[:4].reshape(1, 4, 28, 28) for name, change in changes.items()},
    figures={"deep_moved": moved[0], "shallow_moved": shallow_moved},
)

# %% [markdown] lang="en"
# White means no change: the deep net still sees the digits through its initial random weights. In the shallow net, each neuron has
# begun to look for strokes in certain places: ink on green now adds more to the neuron's output than before
# training, and ink on pink adds less. (The digits are grey, so there are no colours to detect.)

# %% [markdown] lang="pt"
# Branco quer dizer que nada mudou: a rede profunda ainda vê os dígitos com os pesos sorteados no início. Na rasa, cada neurônio
# começou a procurar traços em certos lugares: agora, um traço que cai no verde contribui mais para a saída do neurônio do
# que antes do treino, e um que cai no rosa contribui menos. (As imagens são em tons de cinza: não há cores para detectar.)

# %% [markdown] lang="en"
# ## Where the factors come from
#
# Take one neuron per layer. It multiplies its input by a weight, $z_l = w_l\,a_{l-1}$, and applies an
# [**activation**](glossary:activation) function to the result, $a_l = \sigma(z_l)$. Here $\sigma$ is the
# [sigmoid](glossary:sigmoid), but there are others. The [chain rule](glossary:chain-rule) multiplies one
# factor per layer:
#
# $$\frac{\partial a_L}{\partial a_0} = \prod_{l=1}^{L} w_l\,\sigma'(z_l)$$
#
# Here $\prod$ means: multiply the factors of all $L$ layers; $\sigma'$ is the slope of $\sigma$. Each factor is a weight times the
# slope of the activation. So the question is how steep the activations are.
#
# The first figure of this lesson shows gradients of *weights*. The derivative of $a_L$ with respect to $w_l$ is the product of
# the factors of all layers after $l$, times $\sigma'(z_l)\,a_{l-1}$: the slope in layer $l$ and the number that the weight was
# multiplied by. (The error adds one more factor, the same for every layer.)

# %% [markdown] lang="pt"
# ## De onde vêm os fatores
#
# Pense em um neurônio por camada. Ele multiplica o que recebe por um peso, $z_l = w_l\,a_{l-1}$, e aplica ao resultado uma
# função de [**ativação**](glossary:activation), $a_l = \sigma(z_l)$; aqui $\sigma$ é a [sigmoide](glossary:sigmoid), mas há
# outras. A [regra da cadeia](glossary:chain-rule) multiplica um fator
# por camada:
#
# $$\frac{\partial a_L}{\partial a_0} = \prod_{l=1}^{L} w_l\,\sigma'(z_l)$$
#
# Aqui, $\prod$ quer dizer: multiplique os fatores de todas as $L$ camadas; $\sigma'$ é a inclinação de $\sigma$. Cada fator é um peso vezes a
# inclinação da ativação. A pergunta, então, é quão inclinadas são as ativações.
#
# A primeira figura da lição mostra gradientes de *pesos*. A derivada de $a_L$ em relação a $w_l$ é o produto dos fatores
# de todas as camadas depois de $l$, vezes $\sigma'(z_l)\,a_{l-1}$: a inclinação na camada $l$ e o número que o peso multiplicou.
# (O erro traz mais um fator, o mesmo para todas as camadas.)

# %% [markdown] lang="en"
# **Predict first.** What is the largest slope (derivative) that each activation has anywhere? The sigmoid,
# $\sigma(z) = 1/(1 + e^{-z})$, climbs from 0 to 1. Tanh, $\tanh(z) = 2\,\sigma(2z) - 1$, climbs from −1 to 1.
# [ReLU](glossary:relu) is $\max(0, z)$. Write three numbers in place of the dots.

# %% [markdown] lang="pt"
# **Primeiro, preveja.** Qual é a maior inclinação (derivada) que cada ativação tem em algum ponto? A sigmoide,
# $\sigma(z) = 1/(1 + e^{-z})$, sobe de 0 a 1. A tanh, $\tanh(z) = 2\,\sigma(2z) - 1$, sobe de −1 a 1. A [ReLU](glossary:relu) é
# $\max(0, z)$. Escreva três números no lugar das reticências.

# %% predict="slopes"
### BEGIN SOLUTION
# was: slopes_prediction = {"sigmoid": ..., "tanh": ..., "relu": ...}
slopes_prediction = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}
### END SOLUTION

# %% [markdown] lang="en"
# The cell has PyTorch compute each activation's slope at 241 points from −6 to 6, and takes the largest slope.

# %% [markdown] lang="pt"
# A célula pede ao PyTorch a inclinação de cada ativação em 241 pontos, de −6 a 6, e fica com a maior.

# %%
expect(slopes_prediction, {"sigmoid": float, "tanh": float, "relu": float})

z = torch.linspace(-6, 6, 241, requires_grad=True)
slopes = {
    name: torch.autograd.grad(function(z).sum(), z)[0]
    for name, function in {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}.items()
}
compare_prediction(slopes_prediction, {name: slope.max().item() for name, slope in slopes.items()})

# %%
plots.lines(
    "01_vanishing_gradient.figures.slopes",
    z.tolist(),
    {name: slope.tolist() for name, slope in slopes.items()},
    colors={"sigmoid": "pink", "tanh": "accent", "relu": "light"},
)

# %% [markdown] lang="en"
# **Explanation.** The sigmoid lets at most a quarter through, and reaches that only where $z = 0$. Two slopes multiply to at most a
# sixteenth, and so on: unless large weights make up for it, the product shrinks geometrically. The slope of tanh is 1 at a single
# point;
# everywhere else tanh loses something too. ReLU loses nothing where $z > 0$ and everything elsewhere.

# %% [markdown] lang="pt"
# **Explicação.** A sigmoide deixa passar no máximo um quarto, e só chega a isso em $z = 0$. Duas camadas deixam passar no máximo um
# dezesseis avos, e assim por diante: a não ser que pesos grandes compensem, o produto encolhe geometricamente. A tanh só chega
# à inclinação 1 em um único ponto; em todos os outros, ela também perde. A ReLU não perde nada onde $z > 0$ e perde tudo nos outros
# pontos.

# %% [markdown] lang="en" banner="sigmoid-derivative"
# ## Exercise 1 · `sigmoid_derivative`
#
# *Why it matters:* each layer's factor is *weight × slope*, and the slope is the activation's part. The sigmoid is handy: its
# slope can be written in terms of the sigmoid itself.
#
# $$\sigma'(z) = \sigma(z)\,\big(1 - \sigma(z)\big)$$
#
# 1. `sigmoid_derivative(x)` returns the slope at every number of the tensor `x`, in a tensor of the same shape.
# 2. `sigmoid_bound(depth)` returns, as a number, the largest value that the *product of `depth` such slopes* can have.
#
# | formula | code |
# |---|---|
# | $\sigma(z)$ | `torch.sigmoid(x)` |
# | $(1/2)^3$ | `(1/2)**3` |

# %% [markdown] lang="pt" banner="sigmoid-derivative"
# ## Exercício 1 · `sigmoid_derivative`
#
# *Por que isso importa:* o fator de cada camada é *peso × inclinação*, e a inclinação é a parte da ativação. A sigmoide tem uma
# vantagem: a inclinação dela pode ser escrita com a própria sigmoide.
#
# $$\sigma'(z) = \sigma(z)\,\big(1 - \sigma(z)\big)$$
#
# 1. `sigmoid_derivative(x)` devolve a inclinação em cada número do tensor `x`, em um tensor da mesma forma.
# 2. `sigmoid_bound(depth)` devolve, como número, o maior valor que o *produto de `depth` dessas inclinações* pode ter.
#
# | fórmula | código |
# |---|---|
# | $\sigma(z)$ | `torch.sigmoid(x)` |
# | $(1/2)^3$ | `(1/2)**3` |

# %% exercise="sigmoid-derivative" difficulty=1 minutes=8
def sigmoid_derivative(x):
    """A tensor of any shape -> the sigmoid's slope at each of its numbers, same shape."""
    # pt: """Um tensor qualquer -> a inclinação da sigmoide em cada número dele, na mesma forma."""
    ### BEGIN SOLUTION
    s = torch.sigmoid(x)
    return s * (1 - s)
    ### END SOLUTION


def sigmoid_bound(depth):
    """A number of layers -> the most that the product of so many slopes can be."""
    # pt: """Um número de camadas -> o máximo que o produto de tantas inclinações pode valer."""
    ### BEGIN SOLUTION
    return 0.25**depth
    ### END SOLUTION


# %% check="sigmoid-derivative" points=1
checks.sigmoid_derivative(sigmoid_derivative, sigmoid_bound)

# %% [markdown] lang="en"
# <details><summary>Hint: “The card says that I return the sigmoid itself”</summary>
#
# The formula has two factors. At $z = 0$ the sigmoid is 0.5; what is the other factor there, and what is the product?
# </details>
# <details><summary>Hint: “What should the bound be for one layer? And for two?”</summary>
#
# For one layer it is the highest point of the sigmoid's curve above. For two layers, two such numbers are multiplied. Which
# operation multiplies a number by itself `depth` times?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “O cartão diz que devolvo a própria sigmoide”</summary>
#
# A fórmula tem dois fatores. Em $z = 0$ a sigmoide vale 0,5; quanto vale ali o outro fator, e quanto dá o produto?
# </details>
# <details><summary>Dica: “Qual deve ser o limite para uma camada? E para duas?”</summary>
#
# Para uma camada, é o ponto mais alto da curva da sigmoide, acima. Para duas camadas, multiplicam-se dois desses números. Que
# operação multiplica um número por ele mesmo `depth` vezes?
# </details>

# %% [markdown] lang="en"
# ### Your bound beside a real chain
#
# Here are chains of 1 to 30 sigmoid neurons in a row, with all weights 1. PyTorch computes the derivative of the last output with
# respect to the first input; your bound is printed next to it. The next two cells use your answer to exercise 1: if its check
# has not passed yet, go back to that exercise first.

# %% [markdown] lang="pt"
# ### O seu limite ao lado de uma cadeia de verdade
#
# Aqui estão cadeias de 1 a 30 neurônios sigmoides em sequência, todos com peso 1. O PyTorch calcula a derivada da última saída em
# relação à primeira entrada; ao lado dela está o seu limite. As próximas duas células usam a sua resposta ao exercício 1; se ela
# ainda não passou na verificação, volte antes ao exercício.

# %%
def chain(depth, weight=1.0):
    """The derivative of a chain of sigmoid neurons, and the z of the last one."""
    # pt: """A derivada de uma cadeia de neurônios sigmoides, e o z do último."""
    start = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    a = start
    for _ in range(depth):
        z = weight * a
        a = torch.sigmoid(z)
    a.backward()
    return start.grad.item(), z.detach()


for depth in (1, 2, 10, 30):
    derivative, bound = chain(depth)[0], sigmoid_bound(depth)
    print(f"{depth=} {derivative=:.1e} {bound=:.1e}")
    # pt: print(f"profundidade={depth!r} derivada={derivative:.1e} limite={bound:.1e}")

# %% [markdown] lang="en"
# The bound falls by a factor of 4 with each layer; the derivative stays below it and falls a little faster. Can larger weights
# save the derivative? Each factor is *weight × slope*, after all. The next cell tries the same chain of 30 neurons with larger
# and larger weights. It
# also prints the $z$ of the last neuron and, from your `sigmoid_derivative`, the slope there.

# %% [markdown] lang="pt"
# O limite é dividido por 4 a cada camada; a derivada fica abaixo dele e cai um pouco mais depressa. Pesos maiores podem salvar a
# derivada? Afinal, cada fator é *peso × inclinação*. A próxima célula testa a mesma cadeia de 30 neurônios com pesos cada vez
# maiores; ela também
# mostra o $z$ do último neurônio e a inclinação ali, segundo a sua `sigmoid_derivative`.

# %%
for weight in (1, 2, 4, 8, 16):
    derivative, z_last = chain(30, weight)
    slope = sigmoid_derivative(z_last).item()
    print(f"{weight=} {derivative=:.1e} z={z_last.item():.1f} {slope=:.0e}")
    # pt: print(f"peso={weight!r} derivada={derivative:.1e} z={z_last.item():.1f} inclinação={slope:.0e}")

# %% claims=true
assert 190 < chain(30, 2)[0] / chain(30, 1)[0] < 210, {"en": "about 200 times as large", "pt": "umas 200 vezes"}

# %% [markdown] lang="en"
# No, none of these can. A weight of 2 makes the derivative about 200 times as large, but that is far less than is needed.
# Larger weights also push $z$ away from 0, to where the sigmoid is flat; there the slope falls faster than the weight grows.
# Whether such a long product survives depends on weights *and* slopes together.
#
# ## From one neuron to a net
#
# Now comes the real thing: a net whose depth is a number that you choose. It is an [*MLP*](glossary:mlp) (multilayer perceptron):
# nothing but linear
# layers with activations between them. Write your own; you will measure it throughout the lesson.

# %% [markdown] lang="pt"
# Nenhum desses pesos consegue salvá-la. O peso 2 aumenta a derivada umas 200 vezes, mas isso é muito menos do que seria preciso.
# Além disso, um peso maior afasta $z$ do 0 e o leva para onde a sigmoide é plana: ali, a inclinação cai mais depressa do que o
# peso cresce. A sobrevivência de um produto tão longo depende dos pesos *e* das inclinações, em conjunto.
#
# ## De um neurônio a uma rede
#
# Agora é para valer: vamos a uma rede cuja profundidade é um número que você escolhe. Ela é uma [*MLP*](glossary:mlp) (perceptron
# multicamadas): só camadas lineares, com ativações entre elas. Escreva a sua; é ela que você vai medir ao longo da lição.

# %% [markdown] lang="en" banner="deep-mlp"
# ## Exercise 2 · `deep_mlp`
#
# *Why it matters:* you cannot study depth with a net that is typed out line by line.
#
# Return an `nn.Sequential` of `depth` linear layers for images of 28 × 28 pixels and ten classes. Here is what
# `deep_mlp(3, 64, nn.Sigmoid)` contains:
#
# | layer | from → to |
# |---|---|
# | `nn.Flatten()` | image → 784 numbers |
# | `nn.Linear`, then the activation | 784 → 64 |
# | `nn.Linear`, then the activation | 64 → 64 |
# | `nn.Linear` | 64 → 10 |
#
# The *depth* counts the linear layers, first and last included; it is at least 2. `activation` is a class, such as `nn.Sigmoid`: with
# parentheses, `activation()`, it makes a layer. No activation follows the last linear layer, and the weights stay as
# PyTorch draws them.

# %% [markdown] lang="pt" banner="deep-mlp"
# ## Exercício 2 · `deep_mlp`
#
# *Por que isso importa:* não se estuda profundidade com uma rede escrita à mão, linha por linha.
#
# Devolva uma `nn.Sequential` com `depth` camadas lineares, para imagens de 28 × 28 pixels e dez classes. Veja o que há em
# `deep_mlp(3, 64, nn.Sigmoid)`:
#
# | camada | de → para |
# |---|---|
# | `nn.Flatten()` | imagem → 784 números |
# | `nn.Linear`, depois a ativação | 784 → 64 |
# | `nn.Linear`, depois a ativação | 64 → 64 |
# | `nn.Linear` | 64 → 10 |
#
# A *profundidade* conta as camadas lineares, incluindo a primeira e a última; ela é no mínimo 2. `activation` é uma classe, como `nn.Sigmoid`:
# com parênteses, `activation()`, ela cria uma camada. Depois da última camada linear não há ativação, e os pesos ficam como o
# PyTorch os sorteia.

# %% exercise="deep-mlp" difficulty=3 minutes=15
def deep_mlp(depth, width, activation):
    """depth linear layers, width numbers between them; [N, 1, 28, 28] -> [N, 10]"""
    # pt: """depth camadas lineares, com width números entre elas; [N, 1, 28, 28] -> [N, 10]"""
    ### BEGIN SOLUTION
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))
    ### END SOLUTION


# %% check="deep-mlp" points=2
checks.deep_mlp(deep_mlp)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# Begin with a Python list: `layers = [nn.Flatten(), …]`. Add to it in a loop with `layers += [a, b]`. At the end,
# `nn.Sequential(*layers)` turns the list into a net; the star hands over its items one by one.
# </details>
# <details><summary>Hint: “I have one linear layer too many”</summary>
#
# First and last count too. Of `depth` layers, how many are left for the loop in between?
# </details>
# <details><summary>Hint: “It says that my layers are the same layer”</summary>
#
# `[nn.Linear(width, width)] * 5` makes one layer and lists it five times. Make a new one each time round the loop.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Comece com uma lista do Python: `layers = [nn.Flatten(), …]`. Acrescente a ela em um laço com `layers += [a, b]`. No fim,
# `nn.Sequential(*layers)` faz da lista uma rede; o asterisco entrega os itens um a um.
# </details>
# <details><summary>Dica: “Tenho uma camada linear a mais”</summary>
#
# A primeira e a última também contam. De `depth` camadas, quantas sobram para o laço entre elas?
# </details>
# <details><summary>Dica: “Diz que minhas camadas são a mesma camada”</summary>
#
# `[nn.Linear(width, width)] * 5` cria uma só camada e a repete cinco vezes. Crie uma nova a cada volta do laço.
# </details>

# %% [markdown] lang="en"
# Here is your net, layer by layer, with the shapes and the number of parameters:

# %% [markdown] lang="pt"
# Veja a sua rede, camada por camada, com as formas e o número de parâmetros:

# %% tags=["nbval-check-output"]
shape_table(deep_mlp(3, 64, nn.Sigmoid), x)

# %% [markdown] lang="en"
# ## How to measure a gradient
#
# The [**loss**](glossary:loss) is one number that says how wrong the answers are. `loss.backward()` [walks from it back through
# the net](glossary:back-propagation) and
# leaves a gradient in the `.grad` of every parameter. It *adds* the new gradient to what is already there: if nothing is cleared
# in between, a second call leaves twice as much. Try it on a small layer. Its output is $3 w_1 + 4 w_2$, so the gradients of
# its two weights are 3 and 4. (`.norm()` is the square root of the sum of the squares, $\sqrt{g_1^2 + g_2^2 + \dots}$.)

# %% [markdown] lang="pt"
# ## Como se mede um gradiente
#
# A [**perda**](glossary:loss) (em inglês, *loss*) é um número que diz quão erradas estão as respostas. `loss.backward()` parte
# dela, [percorre a
# rede de volta](glossary:back-propagation) e deixa um gradiente em `.grad` de cada parâmetro. O PyTorch *soma* o gradiente novo
# ao que já estava lá: se nada for apagado entre duas chamadas, a segunda deixa o dobro. Experimente em uma camada pequena. A saída
# dela é $3 w_1 + 4 w_2$; logo, os gradientes dos dois pesos são 3 e 4. (`.norm()` é a raiz da soma dos quadrados,
# $\sqrt{g_1^2 + g_2^2 + \dots}$.)

# %% tags=["nbval-check-output"]
layer = nn.Linear(2, 1, bias=False)
for _ in range(2):
    loss = layer(torch.tensor([[3.0, 4.0]])).sum()
    loss.backward()
    norm = layer.weight.grad.norm().item()
    print(layer.weight.grad, f"{norm=}")
    # pt: print(layer.weight.grad, f"norma={norm!r}")

# %% [markdown] lang="en" banner="gradient-norms"
# ## Exercise 3 · `gradient_norms`
#
# *Why it matters:* this is the lesson's measuring instrument. With it you can look into any net that does not learn.
#
# `gradient_norms(model, loss)` returns a dict: for every **weight matrix** of the model, its name and the norm of its
# gradient.
#
# - The names, and their order, are those of `model.named_parameters()`.
# - Biases are left out: weight matrices are the parameters with `parameter.dim() > 1`.
# - The values are plain numbers (`.item()` makes one of a tensor).
# - Gradients left in the model by earlier calls must not count; a new model has none yet.

# %% [markdown] lang="pt" banner="gradient-norms"
# ## Exercício 3 · `gradient_norms`
#
# *Por que isso importa:* este é o instrumento de medida da lição. Com ele, você pode olhar dentro de qualquer rede que não aprende.
#
# `gradient_norms(model, loss)` devolve um dicionário: para cada **matriz de pesos** do modelo, seu nome e a norma do seu
# gradiente.
#
# - Os nomes, e a ordem deles, são os de `model.named_parameters()`.
# - Os vieses (*bias*) ficam de fora: matrizes de pesos são os parâmetros com `parameter.dim() > 1`.
# - Os valores são números comuns (`.item()` transforma em número um tensor de um só elemento).
# - Gradientes que chamadas anteriores deixaram no modelo não podem contar; um modelo novo ainda não tem nenhum.

# %% exercise="gradient-norms" difficulty=3 minutes=15
def gradient_norms(model, loss):
    """{name of each weight matrix: norm of its gradient}, from the first layer to the last"""
    # pt: """{nome de cada matriz de pesos: norma do seu gradiente}, da primeira camada à última"""
    ### BEGIN SOLUTION
    model.zero_grad()
    loss.backward()
    return {
        name: parameter.grad.norm().item()
        for name, parameter in model.named_parameters()
        if parameter.dim() > 1
    }
    ### END SOLUTION


# %% check="gradient-norms" points=3
checks.gradient_norms(gradient_norms)

# %% [markdown] lang="en"
# <details><summary>Hint: “In which order do I write it?”</summary>
#
# Three steps: clear the old gradients (`model.zero_grad()`), compute the new ones, then collect them in a loop over
# `model.named_parameters()`, which yields pairs of a name and a parameter.
# </details>
# <details><summary>Hint: “'NoneType' object has no attribute 'norm'”</summary>
#
# A parameter's `.grad` is `None` until a gradient has been computed. Which call computes them?
# </details>
# <details><summary>Hint: “My numbers are too large”</summary>
#
# `backward` adds to what is there. Which call clears what is there, and where does that call belong?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Em que ordem escrevo?”</summary>
#
# Três passos: limpar os gradientes antigos (`model.zero_grad()`), calcular os novos e depois juntá-los em um laço sobre
# `model.named_parameters()`, que entrega pares de um nome e um parâmetro.
# </details>
# <details><summary>Dica: “'NoneType' object has no attribute 'norm'”</summary>
#
# O `.grad` de um parâmetro é `None` até que um gradiente tenha sido calculado. Que chamada os calcula?
# </details>
# <details><summary>Dica: “Meus números são grandes demais”</summary>
#
# `backward` soma ao que está lá. Que chamada apaga o que está lá, e onde ela deve ficar?
# </details>

# %% [markdown] lang="en"
# ## Weights that are neither too small nor too large
#
# If each factor is *weight × slope*, much depends on the size of the random weights with which a net starts. Their **variance**
# says how far they spread around 0. For a layer that takes $n$ numbers and returns $m$, three rules are common:
#
# | rule | variance of the weights | made for |
# |---|---|---|
# | default of `nn.Linear` | $\frac{1}{3n}$ | no activation in particular |
# | Xavier (Glorot & Bengio, 2010) | $\frac{2}{n + m}$ | tanh near 0, where it is nearly a straight line |
# | He (He et al., *Delving Deep*, 2015) | $\frac{2}{n}$ | ReLU, which lets only positive numbers through |

# %% [markdown] lang="pt"
# ## Pesos nem pequenos nem grandes demais
#
# Se cada fator é *peso × inclinação*, muito depende do tamanho dos pesos aleatórios com que a rede começa. A **variância** deles
# diz quanto se espalham em torno de 0. Para uma camada que recebe $n$ números e devolve $m$, três regras são comuns:
#
# | regra | variância dos pesos | feita para |
# |---|---|---|
# | padrão de `nn.Linear` | $\frac{1}{3n}$ | nenhuma ativação em especial |
# | Xavier (Glorot & Bengio, 2010) | $\frac{2}{n + m}$ | tanh perto de 0, onde ela é quase uma reta |
# | He (He et al., *Delving Deep*, 2015) | $\frac{2}{n}$ | ReLU, que só deixa passar números positivos |

# %% [markdown] lang="en"
# Why these rules?
#
# **Forwards,** each output is a sum of $n$ products, input times weight. Such a product's variance is the weight's variance
# times the input's mean square, and variances of independent products add up. So outputs are about as large as inputs if the
# weights' variance is near $1/n$. **Backwards,** the gradient of each input is a sum of $m$ products, so to keep the gradient's size,
# the weights' variance must be near $1/m$. Xavier averages $n$ and $m$: $(n + m)/2$. After a ReLU, half of the products are 0; He's 2 makes up for that.
#
# The cell sends random numbers forwards through a layer with $n = 400$ and $m = 1600$, and a random gradient backwards. By what factor does each variance change?

# %% [markdown] lang="pt"
# Por quê?
#
# **Na ida,** cada saída é uma soma de $n$ produtos, entrada vezes peso. A variância de cada produto é a do peso vezes a média dos
# quadrados da entrada, e variâncias de produtos independentes se somam. As saídas, então, têm quase o tamanho das
# entradas se a variância dos pesos fica perto de $1/n$. **Na volta,** o gradiente de cada entrada é uma soma de $m$ produtos,
# e, para ele manter o tamanho, essa variância precisa ficar perto de $1/m$. Xavier usa a média de $n$ e $m$, $(n + m)/2$. Depois de
# uma ReLU, metade dos produtos é 0; o 2 de He compensa isso.
#
# A célula faz números aleatórios passarem por uma camada com $n = 400$ e $m = 1600$, e um gradiente aleatório voltar. Que
# fator multiplica cada variância?

# %%
torch.manual_seed(0)
sent, returned = torch.randn(1000, 400, requires_grad=True), torch.randn(1000, 1600)
for rule in ("default", "xavier", "he"):
    wide = mlp.initialise_linear(nn.Linear(400, 1600), rule)
    forwards = wide(sent).var().item()
    backwards = torch.autograd.grad(wide(sent), sent, returned)[0].var().item()
    print(f"{rule=} {forwards=:.2f} {backwards=:.2f}")
    # pt: print(f"regra={rule!r} ida={forwards:.2f} volta={backwards:.2f}")

# %% [markdown] lang="en"
# Xavier's two factors average 1: the rule is a compromise, and here its factor is too small on the way forwards and too
# large on the way back. He's rule looks forwards only. Forwards, its factor is 2, because no ReLU follows here; a ReLU would bring the *mean square* of the numbers back to 1, which
# is what matters to the next layer. Ignoring the way back does no
# harm: in a deep net one layer's $m$ is the next one's $n$, so that over many layers the factors $m/n$ nearly cancel (He et al.,
# *Delving Deep*, section 2.2). In this lesson's hidden layers $n = m$, and a rule that keeps the size of the signal also keeps
# that of the gradient.

# %% [markdown] lang="pt"
# Os dois fatores de Xavier têm média 1: a regra é um meio-termo, e aqui o fator é pequeno demais na ida e grande demais na
# volta. A regra de He só olha para a ida. Na ida, o fator dela é 2, porque aqui não vem uma ReLU depois; uma ReLU traria a *média dos quadrados* dos
# números de volta a 1, e é dela que a camada seguinte depende. Ignorar a volta não
# faz mal: o $m$ de uma camada é o $n$ da seguinte, e ao longo de muitas camadas os fatores $m/n$ quase se
# cancelam (He et al., *Delving Deep*, seção 2.2). Nas camadas escondidas desta lição, $n = m$, e uma regra que mantém o tamanho
# do sinal mantém também o do gradiente.

# %% [markdown] lang="en"
# ### BatchNorm
#
# There is another remedy, which works for small weights too: [**BatchNorm**](glossary:batch-normalization) (Ioffe & Szegedy,
# 2015). In training it looks at all
# the images that go through together (the [*batch*](glossary:batch)), and shifts and scales each number so that over the batch its mean is 0
# and its [standard deviation](glossary:standard-deviation) 1. (Two learned numbers may change that later: lesson 03.) Where the
# spread has become small, BatchNorm divides by a small number, and on the way back that makes the gradient larger again.
# `mlp.deep_mlp(…, norm=True)` puts a BatchNorm before every activation.

# %% [markdown] lang="pt"
# ### BatchNorm
#
# Há outro remédio, que serve também para pesos pequenos: a [**BatchNorm**](glossary:batch-normalization) (Ioffe & Szegedy, 2015).
# No treino, ela olha todas as
# imagens que passam juntas (o [*lote*](glossary:batch)) e desloca e escala cada número para que, no lote, sua média seja 0 e seu
# [desvio-padrão](glossary:standard-deviation), 1. (Dois números aprendidos podem mudar isso depois: lição 03.) Onde a dispersão
# ficou pequena, a BatchNorm divide por um número pequeno e, na volta, isso torna o gradiente maior de novo.
# `mlp.deep_mlp(…, norm=True)` põe uma antes de cada ativação.

# %% [markdown] lang="en"
# Here is a BatchNorm at work on a single number, which is close to 5 in each of 125 images, with a spread of 0.1. Since it
# divides by that spread, expect the gradient to grow by a factor of about 10. The *growth* is the norm of the gradient that
# leaves the
# BatchNorm on the way back, divided by the norm of the gradient that reaches it.

# %% [markdown] lang="pt"
# Veja uma BatchNorm em ação em um único número, que vale cerca de 5 em cada uma das 125 imagens, com uma dispersão de 0,1. Como
# ela divide por essa dispersão, espere que multiplique o gradiente por cerca de 10. O *crescimento* é a norma do gradiente
# que sai da
# BatchNorm, na volta, dividida pela norma do gradiente que chega a ela.

# %%
torch.manual_seed(0)
numbers = (5 + 0.1 * torch.randn(125, 1)).requires_grad_()
normed = nn.BatchNorm1d(1)(numbers)
for name, values in {"before": numbers, "after": normed}.items():
# pt: for name, values in {"antes": numbers, "depois": normed}.items():
    mean, std = (round(each.item(), 2) + 0.0 for each in (values.mean(), values.std()))
    print(f"{name} {mean=} {std=}")
    # pt: print(f"{name} média={mean!r} desvio={std!r}")

arriving = torch.randn(125, 1)
(normed * arriving).sum().backward()
growth = (numbers.grad.norm() / arriving.norm()).item()
print(f"{growth=:.1f}")
# pt: print(f"crescimento={growth:.1f}")

# %% [markdown] lang="en" banner="prophecy"
# ## Exercise 4 · The prophecy
#
# *Why it matters:* if you can say beforehand what a gradient will do, you have understood where it comes from.
#
# There are eight nets, each with 30 layers of width 64. For each, write what the gradient does on its way to the first layer:
# `"vanishes"` (less than a hundredth of the last layer's gradient is left), `"explodes"` (more than a hundred times as much), or
# `"survives"`. Write your dict **before** you run the nets below; the check compares it with *your own run*, and you may
# correct your dict then.
#
# | key | activation | weights |
# |---|---|---|
# | `sigmoid`, `tanh`, `relu` | its name | default |
# | `sigmoid_xavier`, `tanh_xavier` | its name | Xavier |
# | `tanh_triple_xavier` | tanh | Xavier, then times 3 |
# | `relu_he` | ReLU | He |
# | `sigmoid_batchnorm` | sigmoid | default, with a BatchNorm before each sigmoid |

# %% [markdown] lang="pt" banner="prophecy"
# ## Exercício 4 · A profecia
#
# *Por que isso importa:* quem prevê o que um gradiente vai fazer entendeu de onde ele vem.
#
# São oito redes, cada uma com 30 camadas de largura 64. Para cada uma, escreva o que o gradiente faz a caminho da primeira camada:
# some (`"vanishes"`: sobra menos de um centésimo do gradiente da última camada), explode (`"explodes"`: mais de cem vezes o da última) ou
# sobrevive (`"survives"`). Em português ou em inglês, a palavra fica entre aspas. Escreva seu dicionário **antes** de rodar as
# redes abaixo; a verificação o
# compara com a *sua própria execução*, e então você pode corrigi-lo.
#
# | chave | ativação | pesos |
# |---|---|---|
# | `sigmoid`, `tanh`, `relu` | a do nome | padrão |
# | `sigmoid_xavier`, `tanh_xavier` | a do nome | Xavier |
# | `tanh_triple_xavier` | tanh | Xavier, depois vezes 3 |
# | `relu_he` | ReLU | He |
# | `sigmoid_batchnorm` | sigmoide | padrão, com uma BatchNorm antes de cada sigmoide |

# %% exercise="prophecy" difficulty=2 minutes=10
### BEGIN SOLUTION
# was: prophecy = {
# was:     "sigmoid": ...,
# was:     "tanh": ...,
# was:     "relu": ...,
# was:     "sigmoid_xavier": ...,
# was:     "tanh_xavier": ...,
# was:     "tanh_triple_xavier": ...,
# was:     "relu_he": ...,
# was:     "sigmoid_batchnorm": ...,
# was: }
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "vanishes",
    "relu": "vanishes",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "explodes",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}
### END SOLUTION

# %% [markdown] lang="en"
# <details><summary>Hint: “I have no idea how to guess”</summary>
#
# Think of one factor per layer. Xavier's rule is made so that with tanh the factor is about 1. What becomes of the gradient if the
# weights of thirty layers in a row are tripled? The default's variance is a third of Xavier's and a sixth of He's, and a factor
# goes with the square root of the variance. A BatchNorm brings $z$ back around 0 in every layer, where the sigmoid is steepest. It
# also divides by the spread of $z$, which small weights and small slopes have shrunk by about the same factor as the gradient. What
# does such a division do to the gradient?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não faço ideia de como adivinhar”</summary>
#
# Pense em um fator por camada. A regra de Xavier foi feita para que, com tanh, o fator seja mais ou menos 1. O que acontece com o
# gradiente se triplicam os pesos de trinta camadas seguidas? A variância do padrão é um terço da de Xavier e um sexto da de He, e o
# fator acompanha a raiz quadrada da variância. Uma BatchNorm traz $z$ de volta para perto de 0 em cada camada, onde a sigmoide é
# mais inclinada. Ela também divide pela dispersão de $z$, que os pesos pequenos e as inclinações pequenas reduziram mais ou menos
# na mesma proporção que o gradiente. O que uma divisão dessas faz com o gradiente?
# </details>

# %%
expect(
    prophecy,
    {
        net: ["vanishes", "survives", "explodes"]
        for net in (
            *("sigmoid", "tanh", "relu", "sigmoid_xavier", "tanh_xavier"),
            *("tanh_triple_xavier", "relu_he", "sigmoid_batchnorm"),
        )
    },
)

# %% [markdown] lang="en"
# The next cell builds seven of the nets with your `deep_mlp`, and the eighth, the one with BatchNorm, with the course's own
# version. It measures each with your `gradient_norms`, in double precision (`float64`): a norm *squares* its numbers, and in
# `float32` the square of $10^{-25}$ is 0, as the first line of the output shows. (The first figure was computed in double
# precision, too.)

# %% [markdown] lang="pt"
# A próxima célula constrói sete das redes com a sua `deep_mlp` e a oitava, a que tem BatchNorm, com a versão do curso; depois
# mede cada uma com a sua `gradient_norms`. Ela usa precisão dupla (`float64`): uma norma eleva os números *ao quadrado*, e em
# `float32` o quadrado de $10^{-25}$ é 0, como mostra a primeira linha da saída. (A primeira figura também foi calculada com
# precisão dupla.)

# %%
def profile(model, x, y):
    model = model.double()
    return gradient_norms(model, F.cross_entropy(model(x.double()), y))


def tripled(model):
    for parameter in model.parameters():
        parameter.data *= 3
    return model


print("float32:", torch.tensor(1e-25).square().item(), "float64:", f"{1e-25**2:.0e}")

torch.manual_seed(0)
xavier = mlp.initialise_linear(deep_mlp(30, 64, nn.Tanh), "xavier")
profiles = {
    "sigmoid": profile(deep_mlp(30, 64, nn.Sigmoid), x, y),
    "tanh": profile(deep_mlp(30, 64, nn.Tanh), x, y),
    "relu": profile(deep_mlp(30, 64, nn.ReLU), x, y),
    "sigmoid_xavier": profile(mlp.initialise_linear(deep_mlp(30, 64, nn.Sigmoid), "xavier"), x, y),
    "tanh_xavier": profile(xavier, x, y),
    "tanh_triple_xavier": profile(tripled(xavier), x, y),
    "relu_he": profile(mlp.initialise_linear(deep_mlp(30, 64, nn.ReLU), "he"), x, y),
    "sigmoid_batchnorm": profile(mlp.deep_mlp(30, 64, nn.Sigmoid, norm=True), x, y),
}
measured = {name: experiments.fate(list(norms.values())) for name, norms in profiles.items()}
compare_prediction(prophecy, measured)

# %% [markdown] lang="en"
# Were you wrong somewhere? Then find out why, correct the dict and check it.

# %% [markdown] lang="pt"
# Se você errou em algum ponto, corrija o dicionário agora, pensando no porquê, e verifique.

# %% check="prophecy" points=2
checks.prophecy(prophecy, profiles)

# %% [markdown] lang="en"
# **Explanation.** We begin with the three activations and default weights. Even ReLU loses its gradient, although its slope is 1
# wherever $z > 0$: the weights are too small to make up for the zeros. (Each cell draws new weights, so the numbers for one kind
# of net differ a little from cell to cell.)

# %% [markdown] lang="pt"
# **Explicação.** Comecemos com as três ativações e os pesos padrão. Até a ReLU perde o gradiente, embora sua inclinação seja 1
# onde $z > 0$: os pesos são pequenos demais para compensar os zeros. (Cada célula sorteia novos pesos; por isso, os números de um
# mesmo tipo de rede mudam um pouco de célula para célula.)

# %%
by_layer = {name: list(norms.values()) for name, norms in profiles.items()}
plots.profile(
    "01_vanishing_gradient.figures.default",
    {name: by_layer[name] for name in ("sigmoid", "tanh", "relu")},
    colors={"sigmoid": "pink", "tanh": "accent", "relu": "light"},
)

# %% [markdown] lang="en"
# ### More · Why a line can rise a little at layer 1
#
# The gradient of a weight also contains the number that the weight was multiplied by on the way forwards, and the numbers of the
# image are larger than the signals further on. The cell prints the mean norm of what some layers of a tanh net receive:

# %% [markdown] lang="pt"
# ### Mais · Por que uma linha pode subir um pouco na camada 1
#
# O gradiente de um peso também contém o número que o peso multiplicou na ida, e os números da imagem são maiores que os sinais
# mais adiante. A célula mostra, com ponto decimal, a norma média do que algumas camadas de uma rede com tanh recebem:

# %%
torch.manual_seed(0)
signal, received = x, []
for layer in deep_mlp(30, 64, nn.Tanh):
    if isinstance(layer, nn.Linear):
        received.append(signal.norm(dim=1).mean().item())
    signal = layer(signal)
print(*(f"layer {place}: {received[place - 1]:.2f}" for place in (1, 2, 3, 10, 30)), sep="\n")
# pt: print(*(f"camada {place}: {received[place - 1]:.2f}" for place in (1, 2, 3, 10, 30)), sep="\n")

# %% [markdown] lang="en"
# ### Weights of a different size, or BatchNorm
#
# Here are the same activations with Xavier's or He's weights, or with BatchNorm.

# %% [markdown] lang="pt"
# ### Pesos de outro tamanho, ou BatchNorm
#
# Aqui estão as mesmas ativações com os pesos de Xavier ou de He, ou com BatchNorm.

# %%
others = ("relu_he", "sigmoid_xavier", "sigmoid_batchnorm", "tanh_triple_xavier", "tanh_xavier")
plots.profile(
    "01_vanishing_gradient.figures.initialised",
    {name: by_layer[name] for name in others},
    colors={
        "tanh_triple_xavier": "accent",
        "tanh_xavier": "accent",
        "relu_he": "light",
        "sigmoid_batchnorm": "pink",
        "sigmoid_xavier": "pink",
    },
)

# %% [markdown] lang="en"
# Nothing here says that the gradient of a deep net *must* vanish. With weights of the right size it gets through 30 layers of
# tanh or ReLU; with three times that size, the gradient of tanh explodes. For
# the sigmoid, whose slope is at most 1/4, neither the default nor Xavier is enough, but BatchNorm is.
#
# Tripled weights do not triple
# the factor, because many $z$ now lie where tanh is flat. Why, then, does the gradient not vanish as it did in the chain of sigmoids
# with large weights? Here $z$ is a sum of many numbers, some positive and some negative, so a few $z$ still lie near 0, where tanh is steep.

# %% [markdown] lang="pt"
# Nada aqui diz que o gradiente de uma rede profunda *tem de* sumir. Com pesos do tamanho certo, o gradiente atravessa 30
# camadas com tanh e com ReLU; com o triplo desse tamanho, o da tanh explode. Para a
# sigmoide, cuja inclinação é no máximo 1/4, nem o padrão nem Xavier bastam, mas a BatchNorm, sim.
#
# Triplicar os pesos não triplica
# o fator, porque muitos $z$ passam a ficar onde a tanh é plana. Por que, então, o gradiente não some, se na cadeia de
# sigmoides com pesos grandes ele sumia? Porque aqui $z$ é uma soma de muitos números, uns positivos, outros negativos, e alguns $z$ ainda ficam perto de 0,
# onde a tanh é inclinada.

# %% [markdown] lang="en"
# ## Explore
#
# The figure below is the first one again, now with controls. Use it to answer three questions:
#
# 1. With tanh and default weights, beyond roughly what depth does less than a hundredth of the gradient arrive?
# 2. Put a *shortcut* (*skip connection*) around every layer of the sigmoid net between the first and the last: what goes into the
#    layer is added to what comes out. How much of the gradient arrives now? (Lesson 02 says why.)
# 3. With ReLU, default weights, depth 60 and BatchNorm, does the gradient vanish?

# %% [markdown] lang="pt"
# ## Explore
#
# A figura abaixo é a primeira da lição, agora com controles. Use-a para responder a três perguntas:
#
# 1. Com tanh e pesos padrão, a partir de que profundidade, mais ou menos, chega menos de um centésimo do gradiente?
# 2. Ponha um *atalho* (*conexão residual*) em volta de cada camada da rede com sigmoide, entre a primeira e a última: o que entra na
#    camada é somado ao que sai. Quanto do gradiente chega agora? (A lição 02 diz por quê.)
# 3. Com ReLU, pesos padrão, profundidade 60 e BatchNorm, o gradiente some?

# %%
explore(
    experiments.draw_gradient_profile,
    "01_vanishing_gradient.figures.explorer",
    depth=range(2, 101),
    activation=["sigmoid", "tanh", "relu"],
    init=["default", "xavier", "he"],
    norm=[False, True],
    shortcut=[False, True],
)

# %% [markdown] lang="en"
# For comparison, the next cell answers the same questions without controls. It prints the first layer's gradient divided by the last layer's.

# %% [markdown] lang="pt"
# Para comparar, a próxima célula responde às mesmas perguntas sem controles. Ela mostra o gradiente da primeira camada dividido
# pelo da última.

# %%
def first_to_last(model, x, y):
    norms = list(experiments.profile_of(model, x, y).values())
    return f"{norms[0] / norms[-1]:.1e}"


torch.manual_seed(0)
for depth in (5, 10, 15, 20, 25):
    print(f"tanh {depth=}", first_to_last(deep_mlp(depth, 64, nn.Tanh), x, y))
    # pt: print(f"tanh profundidade={depth!r}", first_to_last(deep_mlp(depth, 64, nn.Tanh), x, y))
for shortcut in (False, True):
    net = mlp.deep_mlp(30, 64, nn.Sigmoid, shortcut=shortcut)
    print(f"sigmoid {shortcut=}", first_to_last(net, x, y))
    # pt: print(f"sigmoide atalho={shortcut!r}", first_to_last(net, x, y))
normed_net = mlp.deep_mlp(60, 64, nn.ReLU, norm=True)
print("relu depth=60 norm=True", first_to_last(normed_net, x, y))
# pt: print("relu profundidade=60 norm=True", first_to_last(normed_net, x, y))

# %% claims=true
assert 1 / 200 < float(first_to_last(net, x, y)) < 1 / 50, {"en": "about a hundredth of", "pt": "cerca de um centésimo do"}
assert float(first_to_last(net, x, y)) > 1e20 * by_layer["sigmoid"][0] / by_layer["sigmoid"][-1], {
    "en": "times as much as without",
    "pt": "vezes o que chega sem",
}

# %% [markdown] lang="en"
# 1. Beyond some depth between 15 and 20 layers. (With 5, the first layer even gets more than the last: a weight's
#    gradient contains the number that the weight was multiplied by, and the numbers of the image are large.)
# 2. Only about a hundredth of what the last layer gets: by the rule of exercise 4, the gradient may still *vanish*. But it is more than
#    $10^{20}$ times as much as without shortcuts. (Lesson 02 measures it without dividing by the last layer's gradient.)
# 3. The last number may surprise you: with BatchNorm, the gradient of a deep plain ReLU net does not vanish but *grows* towards
#    the first layer (Yang et al., 2019). We shall come back to it.

# %% [markdown] lang="pt"
# 1. A partir de uma profundidade entre 15 e 20 camadas. (Com 5, a primeira camada recebe até mais que a última: o gradiente
#    de um peso contém o número que o peso multiplicou, e os números da imagem são grandes.)
# 2. Só cerca de um centésimo do que a última camada recebe: pela regra do exercício 4, o gradiente talvez ainda *suma*. Mesmo assim, é
#    mais de $10^{20}$ vezes o que chega sem atalhos. (A lição 02 mede isso sem dividir pelo gradiente da última camada.)
# 3. O último número talvez surpreenda. Com BatchNorm, o gradiente de uma rede simples e profunda com ReLU não some; pelo
#    contrário, *cresce* em direção à primeira camada (Yang et al., 2019). Vamos voltar a isso.

# %% [markdown] lang="en"
# ## A second difficulty
#
# By 2015, [initialisation](glossary:initialisation) and BatchNorm had largely dealt with vanishing gradients (He et al., 2015,
# section 1). So we can go deeper! Take a net of 20 layers that works, and add 36 layers. The deeper net could copy those 20 and
# let each of the 36 pass on what it gets. So it *can* be at least as good.
# Layers that copy are possible: there are weights that copy every number, the two learned numbers of BatchNorm can undo its shift and its scaling, and a ReLU leaves unchanged whatever has already
# passed through a ReLU.

# %% [markdown] lang="pt"
# ## Uma segunda dificuldade
#
# Em 2015, a [inicialização](glossary:initialisation) e a BatchNorm já tinham resolvido em grande parte o problema do gradiente que some (He
# et al., 2015, seção
# 1). Então, vamos mais fundo! Pegue uma rede de 20 camadas que funciona e acrescente 36 camadas. A mais profunda poderia copiar as
# 20 e fazer cada uma das 36 só repassar o que recebe. Portanto, ela *pode* ser pelo menos tão boa quanto a outra.
# Camadas que copiam são possíveis: há pesos que copiam cada
# número, os dois números aprendidos da BatchNorm podem desfazer o deslocamento e a escala dela, e a ReLU não muda nada no que já passou por uma ReLU.

# %% [markdown] lang="en"
# **Predict.** Two plain [convolutional](glossary:convolution) nets (without shortcuts: those of He et al., 2015, section 4.2, made small), with He's weights and
# BatchNorm everywhere, are trained in the same way on 1,600 digits. A convolutional layer slides a small window of weights over
# the image; you need not know more than that before lesson 03. Each net is trained three times, from different random weights
# (three [**seeds**](glossary:seed)). Which has the higher **training** error afterwards, `"plain-20"` or `"plain-56"`?

# %% [markdown] lang="pt"
# **Preveja.** Duas redes [convolucionais](glossary:convolution) simples (*plain*, sem atalhos: as de He et al., 2015, seção 4.2,
# em tamanho pequeno),
# com pesos de He e BatchNorm em toda parte, são treinadas da mesma maneira com 1.600 dígitos. Uma camada convolucional desliza
# uma pequena janela de pesos sobre a imagem; até a lição 03, basta saber isso. Cada rede é treinada três vezes,
# sempre com novos pesos sorteados (três [**sementes**](glossary:seed)). Qual termina com o maior erro de **treino**, `"plain-20"`
# ou `"plain-56"`?

# %% predict="deeper"
### BEGIN SOLUTION
# was: deeper_prediction = {"higher_training_error": ...}
deeper_prediction = {"higher_training_error": "plain-56"}
### END SOLUTION

# %% [markdown] lang="en"
# The next cell trains six nets, which takes about half a minute on a fast laptop and several times as long on a small machine
# or a shared one. A progress bar
# shows which net is being trained and how much time is left. If you stop the cell and run it again later, the nets that are
# already trained are not lost: they are kept until you restart the `kernel`.

# %% [markdown] lang="pt"
# A próxima célula treina seis redes e leva cerca de meio minuto em um laptop rápido, ou várias vezes esse tempo em uma máquina
# pequena ou compartilhada. Uma
# barra de progresso mostra qual rede está sendo treinada e quanto tempo falta. Se você parar a célula e executá-la de novo mais tarde, as
# redes já treinadas não se perdem: elas ficam guardadas até você reiniciar o `kernel`.

# %%
expect(deeper_prediction, {"higher_training_error": ["plain-20", "plain-56"]})

runs = experiments.train_small_nets(["plain-20", "plain-56"], seeds=[0, 1, 2])
mean_error = {name: sum(run.train_error for run in each) / len(each) for name, each in runs.items()}
higher = max(mean_error, key=mean_error.get)
compare_prediction(deeper_prediction, {"higher_training_error": higher})

# %%
plots.training_curves(
    "01_vanishing_gradient.figures.degradation",
    {name: [run.history.train_error for run in each] for name, each in runs.items()},
    percent=True,
)

# %% [markdown] lang="en"
# **Explanation.** The deeper net is worse on the very images that it was trained on, in all three runs. That is [**degradation**](glossary:degradation):
# there is enough data, and good weights exist, but training does not find them in the time it is given. (On CIFAR-10, a set of small colour
# photographs, and with the paper's longer training, the gap is smaller, but the deeper net is worse there too: He et al., 2015,
# figure 1.)
#
# ### Is it overfitting?
#
# [Overfitting](glossary:overfitting) means being good on the training images and much worse on others. Here are both errors for the
# three runs of each
# net, measured after training. (The curves above were measured during training.)

# %% [markdown] lang="pt"
# **Explicação.** A rede mais profunda é pior nas próprias imagens com que foi treinada, nas três execuções. Isso é a
# [**degradação**](glossary:degradation): não faltam dados, e existem pesos bons, mas o treino não os encontra no tempo que tem. (No
# CIFAR-10, um conjunto de pequenas fotos coloridas, e com o treino mais longo do artigo, a diferença é menor, mas também ali a rede mais
# profunda é pior: He et al., 2015, figura 1.)
#
# ### É sobreajuste?
#
# [Sobreajuste](glossary:overfitting) é ir bem nas imagens de treino e bem pior em outras. Aqui estão os dois erros das três execuções de cada
# rede, medidos depois do treino. (As curvas acima foram medidas durante o treino.)

# %%
for name, each in runs.items():
    for run in each:
        print(f"{name}: training {run.train_error:.1%}, validation {run.validation_error:.1%}")
        # pt: print(f"{name}: treino {run.train_error:.1%}, validação {run.validation_error:.1%}")

# %% [markdown] lang="en" asked="merely-slower"
# *Training* is the error on the training images, *validation* the error on 1,000 images that were [held
# out](glossary:validation). For plain-56 both are high and close together. So it is not overfitting.
#
# ### Is it merely slower?
#
# Four epochs are not many, so the question is fair. **Predict:** plain-56 is trained from scratch, this time for *twelve* epochs.
# Does it end with a lower training error than plain-20 had after four? Write `True` or `False`.

# %% [markdown] lang="pt" asked="merely-slower"
# *Treino* é o erro nas imagens de treino; *validação*, o erro em 1.000 imagens [reservadas](glossary:validation). Na plain-56, os
# dois são altos e próximos um do outro. Portanto, não é sobreajuste.
#
# ### Ela é só mais lenta?
#
# Quatro épocas são poucas; a pergunta é justa. **Preveja:** a plain-56 é treinada desde o início por *doze* épocas.
# Ela termina com um erro de treino menor que o da plain-20 depois de quatro épocas? Escreva `True` ou `False`.

# %% predict="longer"
### BEGIN SOLUTION
# was: longer_prediction = {"catches_up": ...}
longer_prediction = {"catches_up": False}
### END SOLUTION

# %% [markdown] lang="en"
# For comparison, plain-20 gets twelve epochs too. Both together take about as long as the six runs above, so the cell begins only after you write
# `TRAIN_LONGER = True`. The results of our own runs, with three seeds, are given below the cell: compare your prediction with them.

# %% [markdown] lang="pt"
# Para comparar, a plain-20 também recebe doze épocas. Os dois treinos levam mais ou menos o tempo dos seis acima; por isso, a célula só os começa depois que você escreve
# `TRAIN_LONGER = True`. Os resultados das nossas próprias execuções, com três sementes, estão abaixo da célula: compare a sua previsão com eles.

# %%
expect(longer_prediction, {"catches_up": bool})

TRAIN_LONGER = False
if TRAIN_LONGER:
    longer = experiments.train_small_nets(["plain-20", "plain-56"], seeds=[0], epochs=12)
    for name, (run,) in longer.items():
        print(f"{name}: 4 epochs {runs[name][0].train_error:.1%}, 12 epochs {run.train_error:.1%}")
        # pt: print(f"{name}: 4 épocas {runs[name][0].train_error:.1%}, 12 épocas {run.train_error:.1%}")

# %% [markdown] lang="en"
# **Explanation.** No, it does not catch up. In our three runs, its training error after twelve epochs was still 46.1%, 41.5% and
# 44.1%; that of plain-20 was 0.2%, 0.4% and 0.1%. Even after only four, plain-20 makes fewer errors (printed above). plain-56 goes on learning: to say that it cannot be trained would be going too far. But three times the patience is not enough. Twelve epochs are only 300 steps here: whether many more would be enough, these runs do not show. He et al. (2015, section 4.1, footnote 3) also trained their
# plain
# nets three times as long, on ImageNet, and still saw degradation.

# %% [markdown] lang="pt"
# **Explicação.** Não, ela não alcança a outra. Nas nossas três execuções, o erro de treino dela depois de doze épocas ainda era
# de 46,1%, 41,5% e 44,1%; o da plain-20 era de 0,2%, 0,4% e 0,1%. Mesmo depois de só quatro, a plain-20 erra menos (veja acima). A plain-56 continua aprendendo: dizer que é impossível treiná-la seria exagero. Mas o triplo de paciência não basta. Aqui, doze épocas são só 300 passos; estas execuções não mostram se um número muito maior bastaria. He et al. (2015, seção 4.1, nota 3)
# também treinaram suas
# redes simples pelo triplo do tempo, na ImageNet, e a degradação continuou lá.

# %% [markdown] lang="en" asked="vanishing-or-degradation"
# ### Is it vanishing gradients?
#
# That is what you often read. **Predict:** what does the gradient do in plain-56, with fresh random weights and BatchNorm in
# every layer, on its way from the last layer to the first? Write `"vanishes"`, `"survives"` or `"explodes"`, by
# the rule of exercise 4.

# %% [markdown] lang="pt" asked="vanishing-or-degradation"
# ### É um caso de gradiente que some?
#
# É o que se lê com frequência. **Preveja:** o que acontece com o gradiente na plain-56, com pesos recém-sorteados e BatchNorm em
# todas as camadas, no caminho da última até a primeira? Escreva `"vanishes"` (some), `"survives"` (sobrevive) ou `"explodes"`
# (explode), pela regra do exercício 4.

# %% predict="plain-gradient"
### BEGIN SOLUTION
# was: gradient_prediction = {"plain-56": ...}
gradient_prediction = {"plain-56": "explodes"}
### END SOLUTION

# %%
expect(gradient_prediction, {"plain-56": ["vanishes", "survives", "explodes"]})


def layer_norms(model, x, y):
    """The norm of the gradient at every layer, in the mode in which a net is trained."""
    # pt: """A norma do gradiente em cada camada, no modo de treino."""
    return list(experiments.profile_of(model.train(), x, y).values())


torch.manual_seed(0)
fresh_net = small_nets.create_plain_net(56, width=8, in_channels=1, stem_stride=2)
fresh = layer_norms(fresh_net, x, y)
compare_prediction(gradient_prediction, {"plain-56": experiments.fate(fresh)})

# %% [markdown] lang="en"
# And after training? Here is the same measurement on plain-20 and plain-56 as they are now (after four epochs). For each of the
# three runs the cell prints the first layer's gradient divided by the last layer's; the figure shows the first run.

# %% [markdown] lang="pt"
# E depois do treino? Aqui está a mesma medida na plain-20 e na plain-56 como estão agora (depois de quatro épocas). Para cada uma
# das três execuções, a célula mostra o gradiente da primeira camada dividido pelo da última; a figura traz a primeira execução.

# %%
norms = {"fresh": fresh}
for name, each in runs.items():
    found = [layer_norms(run.model, x, y) for run in each]
    norms[name] = found[0]
    print(name, *(f"{each_run[0] / each_run[-1]:.3g}" for each_run in found))
plots.profile(
    "01_vanishing_gradient.figures.plain-gradients",
    norms,
    colors={"fresh": "neutral"},
)

# %% [markdown] lang="en"
# **Explanation.** plain-56 trains badly, although a gradient does arrive. At the start its first layer gets far *more* than the last.
# After training it gets less than the last. The ratio of first to last differs from run to run and from machine to machine. It may even
# fall a little below 1/100; but that limit is our choice, and nothing changes abruptly there. In any case, the ratio stays many
# orders of magnitude above that of the sigmoid net, which was below $10^{-20}$ in the first figure of the lesson.

# %% [markdown] lang="pt"
# **Explicação.** A plain-56 treina mal, embora algum gradiente chegue. No início, a primeira camada recebe muito *mais* que a última.
# Depois do treino, recebe menos que a última. A razão entre a primeira e a última muda de uma execução para outra e de uma máquina para outra.
# Pode até ficar um pouco abaixo de 1/100; mas esse limite é escolha nossa, e nada muda de repente quando se passa por ele. Em todo
# caso, ela continua muitas ordens de grandeza acima da razão da rede com sigmoide, que na primeira figura da lição era menor que $10^{-20}$.

# %% [markdown] lang="en"
# He et al. (2015, section 4.1) also checked the gradients of their plain nets with BatchNorm. They report that the norms are
# healthy, but give no numbers to compare ours with. With fresh weights, our norms are too large rather than too small. The authors conclude that vanishing gradients are *unlikely* to be the cause
# and
# that the net is hard to **optimise**. They suspect that deep plain nets learn extremely slowly, and leave the reason for further
# study. So the sentence “ResNet solves vanishing gradients” claims too much.

# %% [markdown] lang="pt"
# He et al. (2015, seção 4.1) também verificaram os gradientes de suas redes simples com BatchNorm. Relatam que as normas são
# saudáveis, mas não dão números com que comparar as nossas. Com pesos recém-sorteados, as nossas são grandes demais, e não
# pequenas demais. Os
# autores concluem que gradientes que somem
# são uma causa *improvável*
# e que a rede é difícil de **otimizar**. Suspeitam que redes simples profundas aprendem de forma extremamente lenta e deixam o porquê
# para estudos futuros. Portanto, dizer que “a ResNet resolve o gradiente que some” é dizer demais.

# %% [markdown] lang="en"
# **Is the large gradient at the start the culprit, then?** It may disturb the first steps, but this lesson does not show that: after
# training it is no longer large, and the error is still high. What we measured is enough for one conclusion only: the gradient of plain-56 does not vanish
# as that of the sigmoid net did.

# %% [markdown] lang="pt"
# **Então a culpa é do gradiente grande do começo?** Ele pode atrapalhar os primeiros passos, mas esta lição não mostra isso: depois
# do treino ele já não é grande, e o erro continua alto. O que medimos basta para uma única conclusão: o gradiente da plain-56
# não some como o da rede com sigmoide.

# %% [markdown] lang="en"
# ### What ResNet solved
#
# Here is the same net of 56 layers with shortcuts ([skip connections](glossary:shortcut)), trained in the same way, and compared
# with the two plain nets. There is only one run of it, to save time. (How shortcuts work is the subject of lesson 02.)

# %% [markdown] lang="pt"
# ### O que a ResNet resolveu
#
# Aqui está a mesma rede de 56 camadas com atalhos ([conexões residuais](glossary:shortcut)), treinada da mesma maneira e
# comparada com as duas redes simples. Ela é treinada uma vez só, para poupar tempo. (Como os atalhos funcionam é assunto da lição
# 02.)

# %%
residual_56 = experiments.train_small_nets(["residual-56"], seeds=[0])["residual-56"][0]
errors = f"{residual_56.train_error:.1%}", f"{residual_56.validation_error:.1%}"
print("residual-56: training {}, validation {}".format(*errors))
# pt: print("residual-56: treino {}, validação {}".format(*errors))
second = {name: each[0].history.train_error[1] for name, each in runs.items()}
second["residual-56"] = residual_56.history.train_error[1]
print("second epoch, first run:", *(f"{name} {error:.1%}" for name, error in second.items()))
# pt: print("segunda época, 1ª execução:", *(f"{name} {error:.1%}" for name, error in second.items()))
curves = {name: [run.history.train_error for run in each] for name, each in runs.items()}
plots.training_curves(
    "01_vanishing_gradient.figures.cured",
    curves | {"residual-56": [residual_56.history.train_error]},
    percent=True,
)

# %% [markdown] lang="en"
# That is what a ResNet cures:
# **degradation.** Now look at the second epoch: the net of 56 layers with shortcuts is ahead even of plain-20. In these runs, training also
# converges **faster.** (He et al., 2015, section 4.1, saw this at 18 layers too, where the plain net ends up nearly as good as
# the residual one.)

# %% [markdown] lang="pt"
# É isso que uma ResNet cura: a
# **degradação.** Agora olhe a segunda época: a rede de 56 camadas com atalhos está à frente até da plain-20. Nestas execuções, o
# treino também converge **mais depressa.** (He et al., 2015, seção 4.1, viram isso também com 18 camadas, com as quais a rede
# simples termina quase tão bem quanto a residual.)

# %% [markdown] lang="en"
# ## Three difficulties, three measurements
#
# For comparison, here is a net that really overfits: 4 linear layers, trained on only 300 digits. The table shows three
# measurements of this net, of the sigmoid net from the beginning and of plain-56 (its first run).

# %% [markdown] lang="pt"
# ## Três dificuldades, três medidas
#
# Para comparar, aqui está uma rede em que há, de fato, sobreajuste: 4 camadas lineares, treinadas com apenas 300 dígitos. A
# tabela mostra três medidas dela, da rede com sigmoide do começo e da plain-56 (a primeira execução).

# %%
few = data.Batches(train.images[:300], train.labels[:300], shuffle=True)
used = data.Batches(train.images[:1600], train.labels[:1600])
torch.manual_seed(0)
small_net = deep_mlp(4, 64, nn.ReLU)
_ = fit(small_net, few, epochs=40, seed=0, device="cpu")

trained = {
    "sigmoid-30": (sigmoid_net, train),
    "plain-56": (runs["plain-56"][0].model, used),
    "relu-4": (small_net, few),
}
experiments.difficulty_table(trained, held_out, x, y)

# %% [markdown] lang="en"
# **Explanation.** Each difficulty has its own sign:
#
# | difficulty | its sign | example |
# |---|---|---|
# | vanishing gradient | next to nothing reaches the first layer | sigmoid-30 |
# | degradation | the gradient arrives, and the *training* error stays above a shallower net's | plain-56 |
# | overfitting | training error low, validation error much higher | relu-4 |
#
# The errors alone cannot tell the first two apart: both nets do badly on training and on validation images. You have to measure the
# gradient.

# %% [markdown] lang="pt"
# **Explicação.** Cada dificuldade tem o seu próprio sinal:
#
# | dificuldade | o sinal dela | exemplo |
# |---|---|---|
# | gradiente que some | quase nada chega à primeira camada | sigmoid-30 |
# | degradação | o gradiente chega, e o erro de *treino* fica acima do de uma rede mais rasa | plain-56 |
# | sobreajuste | erro de treino baixo, erro na validação bem maior | relu-4 |
#
# Os erros, sozinhos, não distinguem as duas primeiras: as duas redes vão mal nas imagens de treino e nas da validação. É preciso
# medir o gradiente.

# %% [markdown] lang="en" banner="diagnose-curves"
# ## Exercise 5 · Diagnose four training runs
#
# *Why it matters:* in practice, curves are what you see first. Each of these four training runs really took place; the code is in
# `resnet_course/experiments.py`. (All four nets begin with He's weights, with which you saw the gradient arrive. So *vanishing
# gradient* is not one of the words to choose from.)
#
# Every panel shows the net's training loss, its validation loss (on 1,000 other digits), and the training loss of a **shallower**
# net trained in the same way. Write one word for each panel, and use every word once. Go through the table from top to bottom; the
# first word that fits is the answer:
#
# | word | meaning |
# |---|---|
# | `"diverging"` | the training loss ends far above its own lowest value |
# | `"degradation"` | the shallower net trains better |
# | `"overfitting"` | good on the training images only |
# | `"healthy"` | nothing is wrong |

# %% [markdown] lang="pt" banner="diagnose-curves"
# ## Exercício 5 · Diagnostique quatro treinos
#
# *Por que isso importa:* na prática, o que se vê primeiro são curvas. Estes quatro treinos foram mesmo executados; o código está em
# `resnet_course/experiments.py`. (As quatro redes começam com os pesos de He, com os quais você viu o gradiente chegar. Por isso,
# o gradiente que some não está entre as palavras à escolha.)
#
# Cada painel mostra a perda de treino da rede, a perda na validação (outros 1.000 dígitos) e a perda de treino de uma rede
# **mais rasa** treinada da mesma maneira. Escreva uma palavra para cada painel e use cada palavra uma vez. Percorra a tabela de cima
# para baixo; a primeira palavra que serve é a resposta:
#
# | palavra | significado |
# |---|---|
# | `"diverging"` (diverge) | a perda de treino termina bem acima do seu menor valor |
# | `"degradation"` (degradação) | a rede mais rasa treina melhor |
# | `"overfitting"` (sobreajuste) | boa só nas imagens de treino |
# | `"healthy"` (saudável) | não há nada de errado |

# %%
plots.panels(
    "01_vanishing_gradient.figures.curves",
    experiments.example_curves(),
    colors={"train": "accent", "validation": "pink", "shallower": "neutral"},
)

# %% [markdown] lang="en"
# The loss axis is logarithmic and the same in all four panels; the number of epochs is not. Now write your diagnosis:

# %% [markdown] lang="pt"
# O eixo da perda é logarítmico e o mesmo nos quatro painéis; o número de épocas, não. Agora escreva o seu diagnóstico:

# %% exercise="diagnose-curves" difficulty=2 minutes=10
### BEGIN SOLUTION
# was: diagnosis = {"A": ..., "B": ..., "C": ..., "D": ...}
diagnosis = {"A": "diverging", "B": "degradation", "C": "healthy", "D": "overfitting"}
### END SOLUTION

# %% check="diagnose-curves" points=2
checks.diagnose_curves(diagnosis)

# %% [markdown] lang="en"
# <details><summary>Hint: “In which order do I look?”</summary>
#
# Look at the training loss first: does it end near its lowest value? Then compare it with the shallower net's. If neither comparison shows a problem, look at the distance to the validation loss. The axis is logarithmic, so a distance on it stands for a factor.
# </details>
# <details><summary>Hint: “The validation loss is above the training loss”</summary>
#
# It nearly always is, a little. How many times as high is it in each panel?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Em que ordem eu olho?”</summary>
#
# Olhe primeiro a perda de treino: ela termina perto do seu menor valor? Depois, compare-a com a da rede mais rasa. Se nenhuma das duas
# comparações revelar um problema, olhe a distância até a perda na validação. O eixo é logarítmico: uma distância nele corresponde a um fator.
# </details>
# <details><summary>Dica: “A perda na validação está acima da de treino”</summary>
#
# Quase sempre está, um pouco. Em cada painel, quantas vezes maior ela é?
# </details>

# %% [markdown] lang="en"
# ### More · Diagnosis in numbers
#
# The check uses `experiments.diagnose`, which asks three questions in this order. Does the training loss end at more than twice its
# own lowest value (*rise*)? At more than twice the shallower net's (*behind*)? Does the validation loss end at more than ten times
# the training loss (*gap*)? Compare its answers with your diagnoses.

# %% [markdown] lang="pt"
# ### Mais · O diagnóstico em números
#
# A verificação usa `experiments.diagnose`, que faz três perguntas, nesta ordem. A perda de treino termina acima do dobro do seu
# próprio menor valor (*subida*)? Acima do dobro da perda da rede mais rasa (*atraso*)? A perda na validação termina acima de dez vezes
# a de treino (*distância*)? Compare as respostas com os seus diagnósticos.

# %%
for name, curves in experiments.example_curves().items():
    last = {line: values[-1] for line, values in curves.items()}
    rise, behind = last["train"] / min(curves["train"]), last["train"] / last["shallower"]
    gap = last["validation"] / last["train"]
    word = experiments.diagnose(curves)
    print(name, f"{rise=:.1f} {behind=:.1f} {gap=:.1f} {word}")
    # pt: print(name, f"subida={rise:.1f} atraso={behind:.1f} distância={gap:.1f} {word}")

# %% [markdown] lang="en"
# ## More · The nets before ResNet
#
# Two nets took the first two places in classification at the ImageNet competition of 2014: GoogLeNet, with 22 layers (Szegedy et
# al., 2014), and VGG,
# with 16 or 19 (Simonyan & Zisserman, 2014). The cell works out the parameters and the cost of torchvision's versions without
# running them: on the device `meta`, tensors have a shape but no numbers.
#
# [**GMACs**](glossary:mac) are billions of multiply-adds for one image. [**GFLOPs**](glossary:flop) count the multiplication
# and the addition separately, so there are twice as many.

# %% [markdown] lang="pt"
# ## Mais · As redes antes da ResNet
#
# Duas redes ficaram nos dois primeiros lugares em classificação na competição ImageNet de 2014: a GoogLeNet, com 22 camadas
# (Szegedy et al., 2014), e a
# VGG, com 16 ou 19 (Simonyan & Zisserman, 2014). A célula conta os parâmetros e o custo das versões do torchvision sem calcular
# nada: no dispositivo `meta`, tensores têm forma, mas não têm números.
#
# [**GMACs**](glossary:mac) são bilhões de operações de multiplicar e somar, para uma imagem. [**GFLOPs**](glossary:flop) contam a
# multiplicação e a soma separadamente, e por isso são o dobro.

# %% tags=["nbval-check-output"]
with torch.device("meta"):
    nets = {"vgg16": vgg16(), "googlenet": googlenet(init_weights=False)}
    nets["resnet34"] = create_resnet("resnet34")
cost_table(nets)

# %% [markdown] lang="en"
# VGG-16 is enormous. GoogLeNet needs a tenth of the computation. (Its parameters include two auxiliary outputs, used in training
# only: Szegedy et al., 2014, section 5.) What is the price? The next cell prints, for each net, the number of
# convolutions, the sizes of their windows, and how many *different* convolutions somebody had to choose (channels in, channels
# out, window). Then it looks into GoogLeNet: how many modules there are, and what runs side by side in the first one. Only
# layers on the longest path count towards depth. In GoogLeNet there are 22 of these: 3 convolutions, 2 in each of the 9 modules and
# 1 linear layer. In ResNet-34, the 3 convolutions on shortcuts do not count.

# %% [markdown] lang="pt"
# A VGG-16 é enorme. A GoogLeNet precisa de um décimo dos cálculos. (Seus parâmetros incluem duas saídas auxiliares, usadas só no
# treino: Szegedy et al., 2014, seção 5.) A que preço? A próxima célula mostra, para cada rede, o número de convoluções,
# o tamanho das suas janelas e quantas convoluções *diferentes* alguém teve de escolher (canais de entrada, canais de saída,
# janela). Depois, olha dentro da GoogLeNet: quantos módulos há e o que roda lado a lado no primeiro. Para a
# profundidade só contam as camadas do caminho mais longo. Na GoogLeNet elas são 22: 3 convoluções, 2 em cada um dos 9 módulos e
# 1 camada linear. Na ResNet-34, as 3 convoluções dos
# atalhos não contam.

# %% tags=["nbval-check-output"]
for name, net in nets.items():
    convs = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    windows = sorted({conv.kernel_size[0] for conv in convs})
    different = {(conv.in_channels, conv.out_channels, conv.kernel_size) for conv in convs}
    print(name, f"{len(convs)=} {windows=} {len(different)=}")
    # pt: print(name, f"convoluções={len(convs)!r} janelas={windows!r} diferentes={len(different)!r}")
modules = [name for name, _ in nets["googlenet"].named_children() if name.startswith("inception")]
paths = [name for name, _ in nets["googlenet"].inception3a.named_children()]
print(f"{len(modules)=} {paths=}")
# pt: print(f"módulos={len(modules)!r} caminhos={paths!r}")

# %% [markdown] lang="en"
# VGG-16 uses the same 3 × 3 window throughout. GoogLeNet's modules run several paths side by side, and most of its convolutions have a combination
# of channels and window that no other has. ResNet-34 is deeper than both; it is nearly as uniform as VGG-16 and much
# cheaper than that net.
#
# **Is this the paper's GoogLeNet?** Not quite. torchvision's has BatchNorm, which came a year later. And where the paper has
# windows of 5 × 5, in `branch3` of every module, torchvision has 3 × 3: a [known slip](https://github.com/pytorch/vision/issues/906),
# kept because the published weights fit it. How many more weights, in millions, would the paper's windows have?

# %% [markdown] lang="pt"
# A VGG-16 usa a mesma janela 3 × 3 em toda parte. Os módulos da GoogLeNet têm vários caminhos lado a lado, e a maioria das convoluções tem uma
# combinação de canais e janela que nenhuma outra tem. A ResNet-34 é mais profunda que as duas, quase tão uniforme quanto a VGG-16 e
# bem mais econômica do que ela.
#
# **Esta é a GoogLeNet do artigo?** Não exatamente. A do torchvision tem BatchNorm, que só veio um ano depois. E onde o artigo tem
# janelas 5 × 5, no `branch3` de cada módulo, o torchvision tem 3 × 3: um [deslize conhecido](https://github.com/pytorch/vision/issues/906),
# mantido porque os pesos publicados se encaixam nele. Quantos pesos a mais, em milhões, teriam as janelas do artigo?

# %% tags=["nbval-check-output"]
slips = [getattr(nets["googlenet"], name).branch3[1].conv for name in modules]
extra = sum(conv.in_channels * conv.out_channels * (5 * 5 - 3 * 3) for conv in slips)
print(f"{slips[0].kernel_size=} millions_more={extra / 1e6:.2f}")
# pt: print(f"janela={slips[0].kernel_size!r} milhões_a_mais={extra / 1e6:.2f}")

# %% [markdown] lang="en"
# **Did VGG suffer from degradation?** You often read that it did, but its paper does not say so. It reports that the error on held-out images stops falling at 19 layers (Simonyan & Zisserman, 2014, section 4.1); degradation is about the *training*
# error. Degradation was seen
# in nets built *like* VGG and made deeper, with 3 × 3 windows almost everywhere and with BatchNorm: your plain-56, and on ImageNet a plain
# net of 34 layers, which made more errors than one of 18, in training too (He et al., 2015, table 2 and figure 4). What was missing
# was a way around degradation.

# %% [markdown] lang="pt"
# **A VGG sofria de degradação?** É o que se lê com frequência, mas o artigo dela não diz isso. Ele relata que o erro em imagens reservadas deixa de cair com 19 camadas (Simonyan & Zisserman, 2014, seção 4.1); a degradação diz respeito ao erro de *treino*.
# A degradação
# foi vista em redes feitas *como* a VGG, porém mais profundas, com janelas 3 × 3 em quase toda parte e com BatchNorm: a sua plain-56 e, na ImageNet, uma
# rede simples de 34 camadas, que errava mais que uma de 18, também no treino (He et al., 2015, tabela 2 e figura 4). O que faltava
# era um jeito de contornar a degradação.

# %% [markdown] lang="en"
# ## What you take with you
#
# - A gradient is multiplied by one factor per layer, *weight × slope*. Thirty factors well below 1 leave next to nothing of it;
#   thirty well above 1 make it explode.
# - The sigmoid's slope is at most 1/4. Suitable initial weights keep the gradient of tanh and ReLU alive; BatchNorm does so even
#   for the sigmoid.
# - Degradation is different: a deeper net has a *higher training error*, although it could copy the shallower one.
#   Training for longer was not enough.
# - plain-56 gets a gradient and trains badly all the same. The cure must make the net easier to *optimise*.
#
# **Next:** in lesson 02 you add $x$ to what a layer computes, and see why that does so much.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - Um gradiente é multiplicado por um fator em cada camada, *peso × inclinação*. Trinta fatores bem menores que 1 não deixam
#   quase nada dele; trinta bem maiores o fazem explodir.
# - A inclinação da sigmoide é no máximo 1/4. Pesos iniciais adequados mantêm vivo o gradiente da tanh e da ReLU; a BatchNorm, até o da sigmoide.
# - Degradação é diferente: a rede mais profunda tem *erro de treino maior*, embora pudesse copiar a mais rasa. Triplicar o treino não bastou.
# - A plain-56 recebe gradiente e mesmo assim treina mal. O remédio tem de facilitar a *otimização*.
#
# **A seguir:** na lição 02 você soma $x$ ao que uma camada calcula e vê por que isso muda tanto.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): section 1 and
#   figure 1 show the degradation; section 4.1 says what it is not.
# - Glorot, Bengio (2010), [Understanding the difficulty of training deep feedforward neural
#   networks](https://proceedings.mlr.press/v9/glorot10a.html): the Xavier rule, with measurements like yours.
# - He, Zhang, Ren, Sun (2015), [Delving Deep into Rectifiers](https://arxiv.org/abs/1502.01852): the He rule.
# - Ioffe, Szegedy (2015), [Batch Normalization](https://arxiv.org/abs/1502.03167).
# - Yang, Pennington, Rao, Sohl-Dickstein, Schoenholz (2019), [A Mean Field Theory of Batch
#   Normalization](https://arxiv.org/abs/1902.08129): why gradients explode there, in theory.
# - Zeiler, Fergus (2014), [Visualizing and Understanding Convolutional Networks](https://arxiv.org/abs/1311.2901): figure 2 shows
#   what the layers of a net for photos look for, from edges and colours to whole objects.
# - Simonyan, Zisserman (2014), [VGG](https://arxiv.org/abs/1409.1556); Szegedy et al. (2014),
#   [GoogLeNet](https://arxiv.org/abs/1409.4842).

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): a seção 1 e a
#   figura 1 mostram a degradação; a seção 4.1 diz o que ela não é.
# - Glorot, Bengio (2010), [Understanding the difficulty of training deep feedforward neural
#   networks](https://proceedings.mlr.press/v9/glorot10a.html): a regra de Xavier, com medidas como as suas.
# - He, Zhang, Ren, Sun (2015), [Delving Deep into Rectifiers](https://arxiv.org/abs/1502.01852): a regra de He.
# - Ioffe, Szegedy (2015), [Batch Normalization](https://arxiv.org/abs/1502.03167).
# - Yang, Pennington, Rao, Sohl-Dickstein, Schoenholz (2019), [A Mean Field Theory of Batch
#   Normalization](https://arxiv.org/abs/1902.08129): por que os gradientes explodem ali, na teoria.
# - Zeiler, Fergus (2014), [Visualizing and Understanding Convolutional Networks](https://arxiv.org/abs/1311.2901): a figura 2 mostra
#   o que as camadas de uma rede para fotos procuram, de bordas e cores até objetos inteiros.
# - Simonyan, Zisserman (2014), [VGG](https://arxiv.org/abs/1409.1556); Szegedy et al. (2014),
#   [GoogLeNet](https://arxiv.org/abs/1409.4842).

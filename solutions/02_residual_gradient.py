# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 02 · Why adding x helps: the residual and its gradient
#
# Lesson 01 ended with a riddle: a net of 56 layers that did not train, and the same net with shortcuts that did. A [shortcut](glossary:shortcut) (*skip connection*, *residual connection*)
# is nothing but a sum, $F(x) + x$. What does this sum do to a net and to its gradient?
#
# **You will be able to**
# - show why “do nothing” is easy for a residual block and hard for a plain one;
# - measure in three ways where the 1 in the gradient of a residual block comes from;
# - name what this 1 does *not* guarantee;
# - count the paths through a residual net, and make a block start as the identity.
#
# Plan for about 90 minutes; a laptop is enough.

# %% [markdown] lang="pt"
# # 02 · Por que somar x ajuda: o resíduo e o seu gradiente
#
# A lição 01 terminou com um enigma: uma rede de 56 camadas que não treinava; com atalhos, treinava. Um [atalho](glossary:shortcut) (*conexão residual*, *skip connection*) nada mais
# é que uma soma, $F(x) + x$. O que essa soma faz com uma rede e com o seu gradiente?
#
# **Ao final, você saberá**
# - mostrar por que “não fazer nada” é fácil para um bloco residual e difícil para um bloco simples;
# - medir de três maneiras de onde vem o 1 no gradiente de um bloco residual;
# - dizer o que esse 1 *não* garante;
# - contar os caminhos de uma rede residual e fazer um bloco começar como a identidade.
#
# Reserve cerca de 90 minutos; um laptop basta.

# %% setup=true

# %%
import copy
import math
from itertools import product

import torch
from torch import nn

from resnet_course import checks, data, experiments, mlp, plots
from resnet_course.blocks import BasicBlock, Bottleneck
from resnet_course.predictions import compare_prediction, expect
from resnet_course.shapes import shape_table

images, labels = data.mnist5k()
x, y = images[::40], labels[::40]

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first: a road in both directions
#
# Nets of 2 to 100 linear layers with sigmoids, with and without a shortcut around every hidden layer, get 125 digits. How
# large is the gradient that reaches the **first** layer?

# %% [markdown] lang="pt"
# ## Primeiro, a figura: uma estrada de mão dupla
#
# Redes de 2 a 100 camadas lineares com sigmoides, com e sem um atalho em volta de cada camada escondida, recebem 125
# dígitos. De que tamanho é o gradiente que chega à **primeira** camada?


# %%
def first_gradient(depth, activation, **options):
    torch.manual_seed(0)
    model = mlp.deep_mlp(depth, 64, activation, **options)
    images, labels = data.mnist5k()
    return next(iter(experiments.profile_of(model, images[::40], labels[::40]).values()))


depths = (2, 5, 10, 20, 40, 60, 80, 100)
arriving = {
    "plain": [first_gradient(depth, nn.Sigmoid) for depth in depths],
    "residual": [first_gradient(depth, nn.Sigmoid, shortcut=True) for depth in depths],
}
at_100 = {name: norms[-1] for name, norms in arriving.items()}
at_2 = {name: norms[0] for name, norms in arriving.items()}
print(f"residual: depth=2 {at_2['residual']:.2f} depth=100 {at_100['residual']:.2f}")
# pt: print(f"residual: 2 camadas {at_2['residual']:.2f} 100 camadas {at_100['residual']:.2f}")
plots.lines("02_residual_gradient.figures.road", depths, arriving, log=True, figures=at_100)

# %% [markdown] lang="en"
# Without shortcuts the gradient vanishes on its way, as in lesson 01. With them, what the first of 100 layers gets differs by
# less than a factor of ten from what the first of two gets. (Lesson 01 divided by the last layer's gradient, which is far larger
# with shortcuts; here only the size of what reaches the first layer counts.)
#
# And in the other direction? We send two different digits, a 3 and
# a 7, forward, and see how much of their difference is left in front of the last layer.

# %% [markdown] lang="pt"
# Sem atalhos, o gradiente some no caminho, como na lição 01. Com eles, o que a primeira de 100 camadas recebe difere por menos
# de um fator dez do que a primeira de duas recebe. (Na lição 01 dividimos pelo gradiente da última camada, que com atalhos é bem
# maior; aqui olhamos só o tamanho do que chega à primeira.)
#
# E no outro sentido? Mandamos dois dígitos diferentes, um 3 e um 7, para a
# frente e vemos quanto da diferença entre eles sobra antes da última camada.

# %%
pair = torch.cat([data.digit(3), data.digit(7)]).double()
for shortcut in (False, True):
    torch.manual_seed(0)
    hidden = mlp.deep_mlp(100, 64, nn.Sigmoid, shortcut=shortcut)[:-1].double()
    three, seven = hidden(pair)
    difference = ((three - seven).norm() / three.norm()).item()
    print(f"{shortcut=} {difference=:.0e}")
    # pt: print(f"atalho={shortcut!r} diferença={difference:.0e}")

# %% [markdown] lang="en"
# After 100 layers, the plain net gives exactly the same numbers for a 3 and a 7, so nothing can be learned from them. With
# shortcuts the two still differ, by a thousandth of the signal. Features go forward and gradients go back on the same road.
#
# ## Learn the residual, not the map
#
# Let $H(x)$ be what a group of layers should compute. He et al. (2015, section 3.1) let the layers compute only the
# [**residual**](glossary:residual) $F(x) = H(x) - x$, and add $x$ again:
#
# | formula | code |
# |---|---|
# | $H(x) = F(x) + x$ | `self.F(x) + x` |
# | $H(x) = F(x) + W_s x$, where a map $W_s$ (a [projection](glossary:projection)) has to fit the shape of $x$ (lesson 03) | `self.F(x) + self.shortcut(x)` |

# %% [markdown] lang="pt"
# Depois de 100 camadas, a rede simples dá exatamente os mesmos números para um 3 e um 7, e então não há o que aprender. Com
# atalhos, os dois ainda diferem, em um milésimo do sinal. O sinal vai para a frente e o gradiente volta pela mesma estrada.
#
# ## Aprender o resíduo, não a função inteira
#
# Seja $H(x)$ o que um grupo de camadas deveria calcular. He et al. (2015, seção 3.1) deixam as camadas calcularem só o
# [**resíduo**](glossary:residual) $F(x) = H(x) - x$, e somam $x$ de volta:
#
# | fórmula | código |
# |---|---|
# | $H(x) = F(x) + x$ | `self.F(x) + x` |
# | $H(x) = F(x) + W_s x$, onde uma transformação $W_s$ (uma [projeção](glossary:projection)) precisa ajustar a forma de $x$ (lição 03) | `self.F(x) + self.shortcut(x)` |

# %% [markdown] lang="en" banner="residual-wrapper"
# ## Exercise 1 · `Residual`
#
# *Why it matters:* these few lines turn any group of layers into a residual block. All that follows uses them.
#
# Complete the class. `F` is a module (a layer or several); `shortcut` is a module too, or `None`.
#
# - `Residual(F)` computes $F(x) + x$.
# - `Residual(F, shortcut)` computes $F(x) + \text{shortcut}(x)$.
#
# Nothing else: no ReLU, no weights of its own, and `x` stays as it is.

# %% [markdown] lang="pt" banner="residual-wrapper"
# ## Exercício 1 · `Residual`
#
# *Por que isso importa:* estas poucas linhas transformam qualquer grupo de camadas em um bloco residual. Tudo o que vem
# depois as usa.
#
# Complete a classe. `F` é um módulo (uma camada ou várias); `shortcut` também é um módulo, ou `None`.
#
# - `Residual(F)` calcula $F(x) + x$.
# - `Residual(F, shortcut)` calcula $F(x) + \text{shortcut}(x)$.
#
# E nada mais: sem ReLU, sem pesos próprios, e `x` fica como está.


# %% exercise="residual-wrapper" difficulty=2 minutes=12
class Residual(nn.Module):
    """F(x) + shortcut(x), or F(x) + x where no shortcut is given"""
    # pt: """F(x) + shortcut(x), ou F(x) + x quando não se passa shortcut"""

    def __init__(self, F, shortcut=None):
        super().__init__()
        ### BEGIN SOLUTION
        self.F = F
        self.shortcut = shortcut
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        identity = x if self.shortcut is None else self.shortcut(x)
        return self.F(x) + identity
        ### END SOLUTION


# %% check="residual-wrapper" points=2
checks.residual_wrapper(Residual)

# %% [markdown] lang="en"
# <details><summary>Hint: “'Residual' object has no attribute 'F'”</summary>
#
# What `__init__` gets is forgotten when it ends, unless it is stored in `self`.
# </details>
# <details><summary>Hint: “'NoneType' object is not callable”</summary>
#
# Without a shortcut, `self.shortcut` is `None`, and `None(x)` cannot be called. Ask first: `if self.shortcut is None:`
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “'Residual' object has no attribute 'F'”</summary>
#
# O que o `__init__` recebe é esquecido quando ele termina, a não ser que seja guardado em `self`.
# </details>
# <details><summary>Dica: “'NoneType' object is not callable”</summary>
#
# Sem atalho, `self.shortcut` é `None`, e `None(x)` não pode ser chamado. Pergunte antes: `if self.shortcut is None:`
# </details>

# %% [markdown] lang="en" asked="what-use-is-an-identity"
# ## When the best thing to do is nothing
#
# Lesson 01: the 36 extra layers of plain-56 only had to hand on what they got. So the task of the next experiment is: **return
# your input.** Ten groups of layers (linear, ReLU, linear) in a row learn it, once plain and once each group in your
# `Residual`, from 500 real digits of 8 × 8 pixels (minus each pixel's mean), in 100 steps, three times from other random
# weights. (The steps are made by [*Adam*](glossary:adam), a common refinement of *learning rate × gradient*. The six trainings take a few
# seconds, or more on a busy machine.)
#
# **Predict.** Which has the *lower* error after 100 steps, `"plain"` or `"residual"`? And which *before the first*?

# %% [markdown] lang="pt" asked="what-use-is-an-identity"
# ## Quando o melhor é não fazer nada
#
# Na lição 01, as 36 camadas a mais da plain-56 só precisavam repassar o que recebiam. Então a tarefa do próximo experimento
# é: **devolva a sua entrada.** Dez grupos de camadas (linear, ReLU, linear) em sequência a aprendem, uma vez sem atalhos e uma
# vez com cada grupo dentro da sua `Residual`, com 500 dígitos de verdade de 8 × 8 pixels (de cada pixel tiramos a média), em 100
# passos, três vezes a partir
# de outros pesos aleatórios. (Quem dá os passos é o [*Adam*](glossary:adam), um refinamento muito usado de *taxa de aprendizado × gradiente*. Os
# seis treinos levam alguns segundos, ou mais em uma máquina ocupada.)
#
# **Preveja.** Qual tem o *menor* erro depois de 100 passos, `"plain"` (sem atalhos) ou `"residual"`? E *antes do primeiro*?

# %% predict="identity"
### BEGIN SOLUTION
# was: identity_prediction = {"lower_after": ..., "lower_before": ...}
identity_prediction = {"lower_after": "residual", "lower_before": "plain"}
### END SOLUTION


# %%
expect(
    identity_prediction,
    {"lower_after": ["plain", "residual"], "lower_before": ["plain", "residual"]},
)


def make_stack(shortcuts, seed):
    torch.manual_seed(seed)
    groups = [nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64)) for _ in range(10)]
    return nn.Sequential(*(Residual(group) if shortcuts else group for group in groups))


def learn_identity(net, x):
    """Return the error at each step: 0 is perfect, 1 is what a net gets that always returns 0."""
    # pt: """Devolve o erro em cada passo: 0 é perfeito, 1 é o de uma rede que devolve sempre 0."""
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    errors = []
    for _ in range(100):
        loss = (net(x) - x).square().mean() / x.square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(loss.item())
    return errors


digits = data.uci_digits()[0][:500].flatten(1)
centred = digits - digits.mean(0)
errors = {"plain": [], "residual": []}
for seed in range(3):
    for name, runs in errors.items():
        runs.append(learn_identity(make_stack(name == "residual", seed), centred))
after = {name: sum(run[-1] for run in runs) for name, runs in errors.items()}
before = {name: sum(run[0] for run in runs) for name, runs in errors.items()}
lowest = {"lower_after": min(after, key=after.get), "lower_before": min(before, key=before.get)}
compare_prediction(identity_prediction, lowest)

# %% [markdown] lang="en"
# All three runs of each, step by step:

# %% [markdown] lang="pt"
# As três execuções de cada uma, passo a passo:

# %%
plots.training_curves("02_residual_gradient.figures.identity", errors, log=True)

# %% [markdown] lang="en"
# **Explain.** Before the first step the residual net is even worse: ten random $F$ add noise to $x$. But all that it has to
# learn is $F = 0$, and pushing weights toward 0 is easy. The plain net has to find, through ten groups with a ReLU each,
# weights that undo each other exactly.
#
# For $F = 0$ nobody even has to learn. The cell sets the last weights of each group to 0 and asks whether the output *is*
# the input, bit for bit. What does the plain stack return then?

# %% [markdown] lang="pt"
# **Explique.** Antes do primeiro passo, a rede residual é até pior: dez $F$ aleatórias somam ruído a $x$. Mas tudo o que ela
# precisa aprender é $F = 0$, e empurrar pesos para perto de 0 é fácil. A rede simples precisa encontrar, através de dez
# grupos com uma ReLU cada, pesos que desfaçam exatamente o efeito uns dos outros.
#
# Para $F = 0$, nem é preciso aprender. A célula põe em 0 os últimos pesos de cada grupo e pergunta se a saída *é* a entrada,
# bit a bit. E o que a pilha sem atalhos devolve então?

# %% tags=["nbval-check-output"]
for shortcuts in (False, True):
    stack = make_stack(shortcuts, seed=0)
    for group in stack:
        last = group.F[-1] if shortcuts else group[-1]
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
    is_input, is_zero = torch.equal(stack(centred), centred), not stack(centred).any().item()
    print(f"{shortcuts=} {is_input=} {is_zero=}")
    # pt: print(f"atalhos={shortcuts!r} igual_à_entrada={is_input!r} tudo_zero={is_zero!r}")

# %% [markdown] lang="en"
# With 0 in the last weights of each group, the plain net forgets everything; the residual net becomes the [identity](glossary:identity).
#
# ## Where the 1 comes from
#
# Now the gradient. One number goes in, one comes out: $H(x) = F(x) + x$. The slope of a sum is the sum of the slopes, and
# the slope of $x$ is 1. With the chain rule, the gradient of the loss $\mathcal{L}$ is
#
# $$\frac{\partial \mathcal{L}}{\partial x} = \frac{\partial \mathcal{L}}{\partial H}\,\Big(\frac{\partial F}{\partial x} + 1\Big)$$
#
# Do not take it on trust: measure it, first with nothing but two values of the function.

# %% [markdown] lang="pt"
# Com 0 nos últimos pesos de cada grupo, a rede simples esquece tudo; a residual vira a [identidade](glossary:identity).
#
# ## De onde vem o 1
#
# Agora, o gradiente. Entra um número, sai um número: $H(x) = F(x) + x$. A inclinação de uma soma é a soma das inclinações, e a
# inclinação de $x$ é 1. Com a regra da cadeia, o gradiente da perda $\mathcal{L}$ é
#
# $$\frac{\partial \mathcal{L}}{\partial x} = \frac{\partial \mathcal{L}}{\partial H}\,\Big(\frac{\partial F}{\partial x} + 1\Big)$$
#
# Não acredite só na conta, meça: primeiro, com nada além de dois valores da função.

# %% [markdown] lang="en" banner="numerical-derivative"
# ## Exercise 2 · `numerical_derivative`
#
# *Why it matters:* two values and a division are enough to check any derivative, also one that you wrote yourself.
#
# Look at the function a small step `eps` to the right and to the left of `x`, and divide the rise by the distance of the two
# points. This is called the [**central difference**](glossary:central-difference):
#
# $$f'(x) \approx \frac{f(x + \varepsilon) - f(x - \varepsilon)}{2\,\varepsilon}$$
#
# `x` is a number or a tensor; return the same kind. `eps` is an argument that may be left out: then it is 0.001.

# %% [markdown] lang="pt" banner="numerical-derivative"
# ## Exercício 2 · `numerical_derivative`
#
# *Por que isso importa:* dois valores e uma divisão bastam para conferir qualquer derivada, inclusive uma que você escreveu.
#
# Olhe a função um pequeno passo `eps` à direita e à esquerda de `x` e divida a subida pela distância entre os dois pontos.
# Isso se chama [**diferença central**](glossary:central-difference):
#
# $$f'(x) \approx \frac{f(x + \varepsilon) - f(x - \varepsilon)}{2\,\varepsilon}$$
#
# `x` é um número ou um tensor; devolva o mesmo tipo. `eps` é um argumento que pode ser omitido: então vale 0,001.


# %% exercise="numerical-derivative" difficulty=1 minutes=8
def numerical_derivative(f, x, eps=1e-3):
    """The slope of f between x - eps and x + eps"""
    # pt: """A inclinação de f entre x - eps e x + eps"""
    ### BEGIN SOLUTION
    return (f(x + eps) - f(x - eps)) / (2 * eps)
    ### END SOLUTION


# %% check="numerical-derivative" points=2
checks.numerical_derivative(numerical_derivative)

# %% [markdown] lang="en"
# <details><summary>Hint: “The card says that I divide at the wrong place”</summary>
#
# Python divides before it subtracts, and `a / 2 * eps` is (a / 2) · eps. Put the whole rise in parentheses, and the whole
# distance too.
# </details>
# <details><summary>Hint: “How do I use f?”</summary>
#
# `f` is a function like any other: `f(x)` is its value at `x`. At which two points do you need it?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “O cartão diz que divido no lugar errado”</summary>
#
# O Python divide antes de subtrair, e `a / 2 * eps` é (a / 2) · eps. Ponha a subida inteira entre parênteses, e a distância
# inteira também.
# </details>
# <details><summary>Dica: “Como uso f?”</summary>
#
# `f` é uma função como outra qualquer: `f(x)` é o seu valor em `x`. Em que dois pontos você precisa dele?
# </details>

# %% [markdown] lang="en"
# How good is it? The cell measures the slope of $e^{\sin x}$ at 0.7 with smaller and smaller steps, and compares with the exact
# slope, $\cos(x)\,e^{\sin x}$; beside yours, the simpler one-sided difference $\frac{f(x + \varepsilon) - f(x)}{\varepsilon}$.

# %% [markdown] lang="pt"
# Quão boa ela é? A célula mede a inclinação de $e^{\sin x}$ em 0,7 com passos cada vez menores e compara com a inclinação
# exata, $\cos(x)\,e^{\sin x}$; ao lado da sua, a diferença de um lado só, mais simples,
# $\frac{f(x + \varepsilon) - f(x)}{\varepsilon}$.


# %%
def wave(x):
    return math.exp(math.sin(x))


exact = math.cos(0.7) * wave(0.7)
powers = range(1, 13)
deviations = {
    "central": [abs(numerical_derivative(wave, 0.7, 10.0**-k) - exact) for k in powers],
    "one-sided": [abs((wave(0.7 + 10.0**-k) - wave(0.7)) / 10.0**-k - exact) for k in powers],
}
plots.lines(
    "02_residual_gradient.figures.steps",
    powers,
    deviations,
    colors={"central": "residual", "one-sided": "plain"},
    log=True,
)

# %% [markdown] lang="en"
# A ten times smaller step makes the central difference a hundred times better, the one-sided one only ten times. Then both
# get worse again: the two values become so close that their difference is mostly rounding. So small is good, and smallest
# is not.
#
# ## The same number, three ways
#
# Now a block: $F(x) = \tanh(2x)$, in `float64` (double precision). Its slope and that of $F(x) + x$, by your function, by
# `autograd` (which every training uses), and by `torch.func.grad`, which turns a function into the function of its slope.

# %% [markdown] lang="pt"
# Um passo dez vezes menor deixa a diferença central cem vezes melhor, e a de um lado só, apenas dez vezes. Depois as duas
# voltam a piorar: os dois valores ficam tão próximos que a diferença entre eles é quase só arredondamento. Pequeno é bom; o
# menor possível, não.
#
# ## O mesmo número, de três maneiras
#
# Agora, um bloco: $F(x) = \tanh(2x)$, em `float64` (precisão dupla). A inclinação dele e a de $F(x) + x$, pela sua função,
# pelo `autograd` (que todo treino usa) e por `torch.func.grad`, que transforma uma função na função da sua inclinação.


# %% tags=["nbval-check-output"]
def residual_part(x):
    return torch.tanh(2 * x)


def block(x):
    return residual_part(x) + x


place = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
for function in (residual_part, block):
    differences = numerical_derivative(function, place.detach()).item()
    autograd = torch.autograd.grad(function(place), place)[0].item()
    func = torch.func.grad(function)(place.detach()).item()
    print(f"{function.__name__:13} {differences=:.4f} {autograd=:.4f} {func=:.4f}")
    # pt: print(f"{function.__name__:13} diferenças={differences:.4f} {autograd=:.4f} {func=:.4f}")

# %% [markdown] lang="en"
# Three ways, one answer, and the second line is the first plus 1.
#
# ## In many dimensions
#
# A layer takes a vector $x$ and returns a vector. Its slope is a table, the [**Jacobian**](glossary:jacobian) $J_F$: row $i$, column $j$ says how
# much output $i$ grows if input $j$ grows a little. The slope of $x$ itself is the table with 1 on the diagonal, the identity
# matrix $I$. So
#
# $$J_{F + x} = J_F + I$$
#
# | formula | code |
# |---|---|
# | $J_F$ at $x$ | `torch.func.jacrev(F)(x)` |
# | $I$, for $n$ numbers | `torch.eye(n)` |

# %% [markdown] lang="pt"
# Três maneiras, uma resposta, e a segunda linha é a primeira mais 1.
#
# ## Em muitas dimensões
#
# Uma camada recebe um vetor $x$ e devolve um vetor. A inclinação dela é uma tabela, a [**jacobiana**](glossary:jacobian) $J_F$: a linha $i$, coluna
# $j$ diz quanto a saída $i$ cresce se a entrada $j$ cresce um pouco. A inclinação do próprio $x$ é a tabela com 1 na diagonal,
# a matriz identidade $I$. Então
#
# $$J_{F + x} = J_F + I$$
#
# | fórmula | código |
# |---|---|
# | $J_F$ em $x$ | `torch.func.jacrev(F)(x)` |
# | $I$, para $n$ números | `torch.eye(n)` |

# %% [markdown] lang="en"
# First a small layer, and its Jacobian by `jacrev`. Your finite differences, column by column (one input at a time is moved a
# little), must give the same. The second table is that of the layer in your `Residual`, by differences alone: look at the
# diagonal.

# %% [markdown] lang="pt"
# Primeiro, uma camada pequena e a sua jacobiana por `jacrev`. As suas diferenças finitas, coluna por coluna (uma entrada de cada
# vez é movida um pouco), têm de dar o mesmo. A segunda tabela é a da camada dentro da sua `Residual`, só por diferenças: olhe a
# diagonal.


# %%
def columns(F, x):
    """The Jacobian by finite differences: column j moves only input j."""
    # pt: """A jacobiana por diferenças finitas: a coluna j move só a entrada j."""
    moves = torch.eye(len(x), dtype=x.dtype)
    slopes = [
        numerical_derivative(lambda t, move=move: F(x + t * move), torch.zeros(1, dtype=x.dtype))
        for move in moves
    ]
    return torch.stack(slopes, dim=1)


torch.manual_seed(0)
layer = nn.Sequential(nn.Linear(3, 3), nn.Tanh()).double()
point = torch.randn(3, dtype=torch.float64)
jacobian = torch.func.jacrev(layer)(point).detach()
print(jacobian.numpy().round(2) + 0.0)
print(f"{torch.allclose(jacobian, columns(layer, point).detach(), atol=1e-5)=}")
print(columns(Residual(layer), point).detach().numpy().round(2) + 0.0)

# %% [markdown] lang="en" banner="residual-jacobian"
# ## Exercise 3 · `residual_jacobian`
#
# *Why it matters:* this is the factor by which every residual block multiplies the gradient.
#
# `residual_jacobian(F, x)` returns the Jacobian of $F(x) + x$ at `x`.
#
# - `F` is a function (or a layer) that takes a vector of `n` numbers and returns `n` numbers; `x` is such a vector.
# - The result is a tensor `[n, n]`.

# %% [markdown] lang="pt" banner="residual-jacobian"
# ## Exercício 3 · `residual_jacobian`
#
# *Por que isso importa:* este é o fator pelo qual cada bloco residual multiplica o gradiente.
#
# `residual_jacobian(F, x)` devolve a jacobiana de $F(x) + x$ em `x`.
#
# - `F` é uma função (ou uma camada) que recebe um vetor de `n` números e devolve `n` números; `x` é um vetor assim.
# - O resultado é um tensor `[n, n]`.


# %% exercise="residual-jacobian" difficulty=2 minutes=12
def residual_jacobian(F, x):
    """The Jacobian of F(x) + x at x; [n] -> [n, n]"""
    # pt: """A jacobiana de F(x) + x em x; [n] -> [n, n]"""
    ### BEGIN SOLUTION
    return torch.func.jacrev(F)(x) + torch.eye(len(x), dtype=x.dtype)
    ### END SOLUTION


# %% check="residual-jacobian" points=2
checks.residual_jacobian(residual_jacobian)

# %% [markdown] lang="en"
# <details><summary>Hint: “The card says that I added 1 to every number”</summary>
#
# `jacobian + 1` adds 1 everywhere. Output $i$ of $x$ depends on input $i$ only: which numbers of the table get the 1?
# </details>
# <details><summary>Hint: “It says that I returned a function”</summary>
#
# `torch.func.jacrev(F)` is a function; it still has to be called with the point.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “O cartão diz que somei 1 a todos os números”</summary>
#
# `jacobian + 1` soma 1 em toda parte. A saída $i$ de $x$ depende só da entrada $i$: que números da tabela recebem o 1?
# </details>
# <details><summary>Dica: “Diz que devolvi uma função”</summary>
#
# `torch.func.jacrev(F)` é uma função; ela ainda precisa ser chamada com o ponto.
# </details>

# %% [markdown] lang="en"
# ## A road, not a guarantee
#
# *Because of the 1, the gradient of a ResNet cannot vanish*: is that so? (He et al., 2016, section 2, are more careful: they
# call it unlikely that the 1 is cancelled for all images of a batch.) Take a row of 50 blocks with one number each, and let
# every $F$ have the slope $a$. Each block multiplies the gradient by $1 + a$, so 50 blocks give $(1 + a)^{50}$.
#
# **Predict** for each $a$: the gradient `"vanishes"` (below 1/100), `"survives"`, or `"explodes"` (above 100).

# %% [markdown] lang="pt"
# ## Uma estrada, não uma garantia
#
# *Por causa do 1, o gradiente de uma ResNet não pode sumir*: será? (He et al., 2016, seção 2, são mais cautelosos: dizem ser
# improvável que o 1 se cancele em todas as imagens de um lote.) Pense em 50 blocos em sequência, de um número cada um, e suponha
# que toda $F$ tenha a inclinação $a$. Cada bloco multiplica o gradiente por $1 + a$, então 50 blocos dão $(1 + a)^{50}$.
#
# **Preveja** para cada $a$: o gradiente some (`"vanishes"`, fica abaixo de 1/100), sobrevive (`"survives"`) ou explode
# (`"explodes"`, passa de 100).

# %% predict="road"
### BEGIN SOLUTION
# was: road_prediction = {"a=-1": ..., "a=-0.5": ..., "a=0.01": ..., "a=0.5": ...}
road_prediction = {
    "a=-1": "vanishes",
    "a=-0.5": "vanishes",
    "a=0.01": "survives",
    "a=0.5": "explodes",
}
### END SOLUTION


# %%
expect(
    road_prediction,
    {f"a={slope}": ["vanishes", "survives", "explodes"] for slope in (-1, -0.5, 0.01, 0.5)},
)


def gradient_through(slope, blocks=50):
    start = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    h = start
    for _ in range(blocks):
        h = slope * h + h
    h.backward()
    return start.grad.item()


through = {f"a={slope}": gradient_through(slope) for slope in (-1, -0.5, 0.01, 0.5)}
for name, gradient in through.items():
    print(f"{name} {gradient=:.2g}")
    # pt: print(f"{name} gradiente={gradient:.2g}")
fates = {name: experiments.fate([gradient, 1.0]) for name, gradient in through.items()}
compare_prediction(road_prediction, fates)

# %% [markdown] lang="en"
# **Explain.** The 1 can be cancelled: with $a = -1$ the block returns 0 whatever comes in. With $a = -0.5$ each block lets only
# half through: fifty halvings, and it vanishes too. And it can be too much of a good thing: 1.5 fifty times over explodes. The
# road is safe where the slopes of $F$ stay small beside 1.
#
# Real nets behave alike. The cell prints the first layer's gradient in nets of 2, 50 and 100 layers with ReLU, all four
# combinations of BatchNorm and shortcuts; and the *signal*: the spread (standard deviation) of the numbers that reach the last of
# the 100 layers.

# %% [markdown] lang="pt"
# **Explique.** O 1 pode ser cancelado: com $a = -1$ o bloco devolve 0, não importa o que entre. Com $a = -0.5$ cada bloco deixa
# passar só a metade: cinquenta metades seguidas, e ele some também. E pode ser demais: 1,5 cinquenta vezes seguidas explode. A
# estrada é segura onde as inclinações de $F$ são pequenas em comparação com 1.
#
# Redes de verdade se comportam assim também. A célula mostra o gradiente da primeira camada em redes de 2, 50 e 100 camadas com
# ReLU, nas quatro combinações de BatchNorm e atalhos; e o *sinal*: a dispersão (desvio-padrão) dos números que chegam
# à última das 100 camadas.

# %%
for norm, shortcut in product((False, True), repeat=2):
    options = {"norm": norm, "shortcut": shortcut}
    by_depth = {depth: first_gradient(depth, nn.ReLU, **options) for depth in (2, 50, 100)}
    torch.manual_seed(0)
    hidden = mlp.deep_mlp(100, 64, nn.ReLU, **options)[:-1].double()
    signal = hidden(x.double()).std().item()
    gradients = " ".join(f"{depth}: {gradient:.0e}" for depth, gradient in by_depth.items())
    print(f"{norm=!s:5} {shortcut=!s:5} {gradients} {signal=:.0e}")
    # pt: print(f"BatchNorm={norm!s:5} atalho={shortcut!s:5} {gradients} sinal={signal:.0e}")

# %% [markdown] lang="en"
# With neither, the gradient vanishes. Shortcuts alone explode here, and so does the signal: each block adds its $F$ to it.
# BatchNorm alone explodes as well (lesson 01). Both together grow too, but slowly: compare, from top to bottom, the four
# gradients behind `100:`. That is what ResNets have.
#
# ## A net of $2^L$ paths
#
# Two blocks in a row are $(I + J_2)(I + J_1) = I + J_1 + J_2 + J_2 J_1$: four terms, one for each [**path**](glossary:path). At each block a
# path goes either through $F$ or along the shortcut. So $L$ blocks are $2^L$ paths (Veit et al., 2016).

# %% [markdown] lang="pt"
# Sem nenhum dos dois, o gradiente some. Atalhos sozinhos explodem aqui, e o sinal também: cada bloco soma a ele a sua $F$. A
# BatchNorm sozinha também explode (lição 01). Os dois juntos também crescem, mas devagar: compare, de cima para baixo, os
# quatro gradientes depois de `100:`. É o que as ResNets têm.
#
# ## Uma rede de $2^L$ caminhos
#
# Dois blocos em sequência são $(I + J_2)(I + J_1) = I + J_1 + J_2 + J_2 J_1$: quatro termos, um para cada [**caminho**](glossary:path). Em cada
# bloco, um caminho passa por $F$ ou segue pelo atalho. Logo, $L$ blocos são $2^L$ caminhos (Veit et al., 2016).

# %% [markdown] lang="en"
# Is the gradient really the sum over all paths? Three blocks with tanh, $2^3 = 8$ paths: the cell multiplies the Jacobians
# along each path, adds the eight products, and compares with the Jacobian of the whole net.

# %% [markdown] lang="pt"
# O gradiente é mesmo a soma sobre todos os caminhos? Três blocos com tanh, $2^3 = 8$ caminhos: a célula multiplica as jacobianas
# ao longo de cada caminho, soma os oito produtos e compara com a jacobiana da rede inteira.


# %% tags=["nbval-check-output"]
def residual_jacobians(parts, x):
    """The Jacobian of every F, at the place where the signal passes it."""
    # pt: """A jacobiana de cada F, no ponto por onde o sinal passa."""
    found = []
    for F in parts:
        found.append(torch.func.jacrev(F)(x).detach())
        x = F(x) + x
    return found


def along(jacobians):
    """Multiply Jacobians from the first block to the last."""
    # pt: """Multiplica as jacobianas, do primeiro bloco ao último."""
    result = torch.eye(len(jacobians[0]), dtype=torch.float64)
    for jacobian in jacobians:
        result = jacobian @ result
    return result


torch.manual_seed(0)
parts = [nn.Sequential(nn.Linear(4, 4), nn.Tanh()).double() for _ in range(3)]
start = torch.randn(4, dtype=torch.float64)
found, identity = residual_jacobians(parts, start), torch.eye(4, dtype=torch.float64)
total = torch.zeros_like(identity)
for path in product((False, True), repeat=3):
    total += along([J if through_F else identity for J, through_F in zip(found, path, strict=True)])
whole = torch.func.jacrev(nn.Sequential(*map(Residual, parts)))(start)
print(f"{2**3=} {torch.allclose(total, whole)=}")

# %% [markdown] lang="en" banner="path-lengths"
# ## Exercise 4 · `path_lengths`
#
# *Why it matters:* most paths through a residual net go through only about half of its blocks.
#
# The **length** of a path is the number of $F$ on it. `path_lengths(L)` returns a list of `L + 1` whole numbers: how many of
# the $2^L$ paths through `L` blocks have length 0, 1, …, `L`.
#
# By hand for two blocks: one path has length 0 (both shortcuts), two have length 1, one has length 2. So
# `path_lengths(2)` is `[1, 2, 1]`.
#
# Your function must also answer for 60 blocks. That is $2^{60}$ paths, more than $10^{18}$: at a million a second, listing them
# would take over 30 000 years. Which formula counts the ways to choose $k$ of $L$ blocks?

# %% [markdown] lang="pt" banner="path-lengths"
# ## Exercício 4 · `path_lengths`
#
# *Por que isso importa:* a maioria dos caminhos de uma rede residual passa só por cerca de metade dos seus blocos.
#
# O **comprimento** de um caminho é o número de $F$ nele. `path_lengths(L)` devolve uma lista de `L + 1` números inteiros:
# quantos dos $2^L$ caminhos através de `L` blocos têm comprimento 0, 1, …, `L`.
#
# À mão, para dois blocos: um caminho tem comprimento 0 (os dois atalhos), dois têm comprimento 1, um tem comprimento 2. Então
# `path_lengths(2)` é `[1, 2, 1]`.
#
# Sua função também deve responder para 60 blocos. São $2^{60}$ caminhos, mais de $10^{18}$: listá-los, a um milhão por segundo,
# levaria mais de 30.000 anos. Que fórmula conta as maneiras de escolher $k$ de $L$ blocos?


# %% exercise="path-lengths" difficulty=2 minutes=10
def path_lengths(L):
    """How many of the 2**L paths have length 0, 1, ..., L"""
    # pt: """Quantos dos 2**L caminhos têm comprimento 0, 1, ..., L"""
    ### BEGIN SOLUTION
    return [math.comb(L, length) for length in range(L + 1)]
    ### END SOLUTION


# %% check="path-lengths" points=2
checks.path_lengths(path_lengths)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know the formula”</summary>
#
# A path of length $k$ is a choice of $k$ blocks out of $L$. Such choices are counted by the binomial coefficient (“$L$ choose
# $k$”), in Python `math.comb(L, k)`; `math` is imported at the top.
# </details>
# <details><summary>Hint: “My list is one too short”</summary>
#
# `range(L)` stops before `L`. How many different lengths are there, 0 included?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei a fórmula”</summary>
#
# Um caminho de comprimento $k$ é uma escolha de $k$ blocos entre $L$. Essas escolhas são contadas pelo coeficiente binomial (as
# combinações de $L$ elementos em grupos de $k$), em Python `math.comb(L, k)`; `math` foi importado no começo.
# </details>
# <details><summary>Dica: “Falta um número na minha lista”</summary>
#
# `range(L)` para antes de `L`. Quantos comprimentos diferentes há, contando o 0?
# </details>

# %% [markdown] lang="en"
# A ResNet of 110 layers for small images has 54 blocks (two [convolutions](glossary:convolution) each, layers that slide a small window of weights over the image; and two layers besides), so its paths go
# through 0 to 54 of the $F$; most go through about 27.
#
# **Predict.** Along paths of which length does most of the *gradient* arrive: `"shorter"` than 27, about `"equal"` (25 to 29),
# or `"longer"`?

# %% [markdown] lang="pt"
# Uma ResNet de 110 camadas para imagens pequenas tem 54 blocos (duas [convoluções](glossary:convolution) em cada um, camadas que deslizam uma pequena janela de pesos sobre a imagem, e mais duas camadas), então seus
# caminhos passam por 0 a 54 das $F$; a maioria passa por cerca de 27.
#
# **Preveja.** Por caminhos de que comprimento chega a maior parte do *gradiente*: mais curtos que 27 (`"shorter"`), mais ou
# menos iguais (`"equal"`, de 25 a 29) ou mais longos (`"longer"`)?

# %% predict="paths"
### BEGIN SOLUTION
# was: paths_prediction = {"gradient_arrives_on": ...}
paths_prediction = {"gradient_arrives_on": "shorter"}
### END SOLUTION

# %% [markdown] lang="en"
# Nobody can walk $2^{54}$ paths, and real blocks have huge Jacobians. So the cell takes a stand-in: 54 small blocks with fresh
# weights, where $F$ is linear and ReLU, on 16 numbers. For every length it draws 100 random paths, takes the mean norm of their
# products (*mean*), and multiplies by the number of such paths. It prints both for five lengths.

# %% [markdown] lang="pt"
# Ninguém consegue percorrer $2^{54}$ caminhos, e blocos de verdade têm jacobianas enormes. Por isso a célula usa um substituto:
# 54 blocos pequenos com pesos novos, em que $F$ é linear e ReLU, com 16 números. Para cada comprimento, ela sorteia 100
# caminhos, tira a média da norma dos seus produtos (*média*) e multiplica pelo número de caminhos assim. Para cinco comprimentos,
# ela mostra os dois.


# %%
expect(paths_prediction, {"gradient_arrives_on": ["shorter", "equal", "longer"]})


def mean_norm(jacobians, length, samples=100):
    """The mean norm of the product of Jacobians over random paths of a length."""
    # pt: """A norma média do produto das jacobianas em caminhos sorteados de um comprimento."""
    identity = [torch.eye(len(jacobians[0]), dtype=torch.float64)]
    total = 0.0
    for _ in range(samples):
        chosen = torch.randperm(len(jacobians))[:length].sort().values
        total += along([jacobians[place] for place in chosen] or identity).norm().item()
    return total / samples


torch.manual_seed(0)
parts = [nn.Sequential(nn.Linear(16, 16), nn.ReLU()).double() for _ in range(54)]
found = residual_jacobians(parts, torch.randn(16, dtype=torch.float64))
counts = path_lengths(54)
means = [mean_norm(found, length) for length in range(55)]
for length in (0, 5, 15, 27, 54):
    paths, mean = counts[length], means[length]
    print(f"{length=} {paths=:.0e} {mean=:.0e}")
    # pt: print(f"comprimento={length!r} caminhos={paths:.0e} média={mean:.0e}")
carried = [count * mean for count, mean in zip(counts, means, strict=True)]
shares = {
    "paths": [100 * count / sum(counts) for count in counts],
    "gradient": [100 * each / sum(carried) for each in carried],
}
typical = round(sum(length * share / 100 for length, share in enumerate(shares["gradient"])))
where = "shorter" if typical < 25 else "longer" if typical > 29 else "equal"
compare_prediction(paths_prediction, {"gradient_arrives_on": where})

# %%
plots.lines(
    "02_residual_gradient.figures.paths",
    range(55),
    shares,
    colors={"paths": "neutral", "gradient": "residual"},
    figures={"typical": typical},
)

# %% [markdown] lang="en"
# **Explain.** A path multiplies a Jacobian for each $F$ on it, and here nearly each of them shrinks the gradient. Paths of
# about 27 are many, and one of them carries next to nothing; very short ones carry much and are few. The gradient comes along
# those in between, well shorter than most. (Veit et al., 2016, sections 4.2 and 4.3, measured it on a trained ResNet-110, where
# the useful paths are shorter still; they conclude that such a net behaves like many shallower ones. The blue line is jagged
# because for each length only 100 paths were drawn.)

# %% [markdown] lang="pt"
# **Explique.** Um caminho multiplica uma jacobiana por cada $F$ nele, e aqui quase todas encolhem o gradiente. Os caminhos de
# uns 27 são muitos, mas cada um não traz quase nada; os muito curtos trazem muito e são poucos. O gradiente vem pelos
# intermediários, bem mais curtos que a maioria. (Veit et al., 2016, seções 4.2 e 4.3, mediram isso em uma ResNet-110 treinada,
# em que os caminhos úteis são ainda mais curtos; eles concluem que uma rede dessas se comporta como muitas redes mais rasas. A
# linha azul é serrilhada porque, para cada comprimento, só 100 caminhos foram sorteados.)

# %% [markdown] lang="en"
# ## What a net can be, and what training finds
#
# “A deeper residual net is at least as good as a shallower one”: is that true? It is true of what the net **can** be. To
# show it, you take a trained net and add blocks that do nothing. For that a block must start as the identity.
#
# A BasicBlock, which you will build in lesson 03, runs these layers, in this order (`conv` are convolutions, `bn` BatchNorms):

# %% [markdown] lang="pt"
# ## O que uma rede pode ser e o que o treino encontra
#
# “Uma rede residual mais profunda é pelo menos tão boa quanto uma mais rasa”: é verdade? É verdade sobre o que a rede **pode**
# ser. Para mostrar isso, você pega uma rede treinada e acrescenta blocos que não fazem nada. Para tanto, um bloco precisa
# começar como a identidade.
#
# Um BasicBlock, que você vai construir na lição 03, executa estas camadas, nesta ordem (`conv` são convoluções, `bn` são
# BatchNorms):

# %% tags=["nbval-check-output"]
shape_table(BasicBlock(4, 4), torch.randn(1, 4, 8, 8))

# %% [markdown] lang="en"
# Its $F(x)$ ends with `bn2`; then comes the sum, and the last `relu`. After it has brought each channel to mean 0 and standard
# deviation 1, a BatchNorm multiplies by its `weight` and adds its `bias`, two numbers per channel that it learns; the `bias`
# starts at 0. So if the `weight` of the last one is 0, then $F(x) = 0$ for every $x$ (Goyal et al., 2017, section 5.1).

# %% [markdown] lang="pt"
# O seu $F(x)$ termina na `bn2`; depois vêm a soma e a última `relu`. Depois de levar cada canal à média 0 e ao desvio-padrão 1,
# uma BatchNorm multiplica pelo seu `weight` e soma o seu `bias`, dois números por canal que ela aprende; o `bias` começa em 0.
# Logo, se o `weight` da última é 0, então $F(x) = 0$ para todo $x$ (Goyal et al., 2017, seção 5.1).

# %% [markdown] lang="en" banner="identity-init"
# ## Exercise 5 · `zero_init_residual`
#
# *Why it matters:* torchvision's own
# [`ResNet`](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py) has an argument of exactly this name.
#
# `zero_init_residual(block)` sets the `weight` of the **last** BatchNorm of the block to 0, in place, and returns nothing.
#
# | block | its BatchNorms, in order |
# |---|---|
# | `BasicBlock` | `bn1`, `bn2` |
# | `Bottleneck` (lesson 04) | `bn1`, `bn2`, `bn3` |
#
# The projection of a shortcut, `downsample`, may have a BatchNorm of its own; it stays as it is. So does everything else, the
# biases too: the block may have been trained before.
# The weight remains a parameter that can learn: `nn.init.zeros_(tensor)` fills a parameter with 0 in place.

# %% [markdown] lang="pt" banner="identity-init"
# ## Exercício 5 · `zero_init_residual`
#
# *Por que isso importa:* a própria
# [`ResNet`](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py) do torchvision tem um argumento com
# exatamente este nome.
#
# `zero_init_residual(block)` põe em 0 o `weight` da **última** BatchNorm do bloco, *in-place* (no próprio tensor, sem criar
# outro), e não devolve nada.
#
# | bloco | BatchNorms dele, em ordem |
# |---|---|
# | `BasicBlock` | `bn1`, `bn2` |
# | `Bottleneck` (lição 04) | `bn1`, `bn2`, `bn3` |
#
# A projeção de um atalho, `downsample`, pode ter uma BatchNorm própria; ela fica como está. Todo o resto também fica como está,
# inclusive os vieses: o bloco pode já ter sido treinado. O peso continua sendo um parâmetro que pode aprender:
# `nn.init.zeros_(tensor)` preenche um parâmetro com 0, *in-place*.


# %% exercise="identity-init" difficulty=2 minutes=12
def zero_init_residual(block):
    """Set the weight of the block's last BatchNorm to 0, in place."""
    # pt: """Põe em 0, no próprio bloco, o peso da sua última BatchNorm."""
    ### BEGIN SOLUTION
    last = block.bn3 if isinstance(block, Bottleneck) else block.bn2
    nn.init.zeros_(last.weight)
    ### END SOLUTION


# %% check="identity-init" points=2
checks.identity_init(zero_init_residual)

# %% [markdown] lang="en"
# <details><summary>Hint: “How do I tell the two kinds of block apart?”</summary>
#
# `isinstance(block, Bottleneck)` is true for a `Bottleneck`; or ask `hasattr(block, "bn3")`.
# </details>
# <details><summary>Hint: “a leaf Variable that requires grad is being used in an in-place operation”</summary>
#
# PyTorch watches parameters. The functions in `nn.init` are made for changing them; so is a block `with torch.no_grad():`.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Como distingo os dois tipos de bloco?”</summary>
#
# `isinstance(block, Bottleneck)` é verdadeiro para um gargalo (`Bottleneck`); ou pergunte `hasattr(block, "bn3")`.
# </details>
# <details><summary>Dica: “a leaf Variable that requires grad is being used in an in-place operation”</summary>
#
# O PyTorch vigia os parâmetros. As funções de `nn.init` foram feitas para mudá-los; um bloco `with torch.no_grad():` também.
# </details>

# %% [markdown] lang="en"
# ### Ten more blocks, and not one answer changes
#
# The cell trains a small residual net for a moment and lets it answer 1 000 digits that it has never seen. Then it appends ten
# blocks to the last stage (the last group of blocks).
#
# **Predict.** How many of the 1 000 predicted classes change, with ten blocks as they come (`fresh`), and with ten that went
# through your `zero_init_residual` (`zero_init`)? An exact number for the second; for the first `"few"` (at most 100) or
# `"many"`.

# %% [markdown] lang="pt"
# ### Dez blocos a mais, e nenhuma resposta muda
#
# A célula treina rapidamente uma pequena rede residual e a deixa responder a 1.000 dígitos que ela nunca viu. Depois, acrescenta
# dez blocos ao último estágio (o último grupo de blocos).
#
# **Preveja.** Das 1.000 previsões, quantas mudam com dez blocos recém-criados (`fresh`) e com dez que passaram pela sua
# `zero_init_residual` (`zero_init`)? Um número exato para os segundos; para os primeiros, `"few"` (poucas: no máximo 100) ou
# `"many"` (muitas).

# %% predict="append"
### BEGIN SOLUTION
# was: append_prediction = {"fresh": ..., "zero_init": ...}
append_prediction = {"fresh": "many", "zero_init": 0}
### END SOLUTION

# %%
expect(append_prediction, {"fresh": ["few", "many"], "zero_init": int})


def with_blocks(net, added):
    deeper = copy.deepcopy(net)
    deeper.layer3.extend(added)
    return deeper.eval()


trained = experiments.train_small_nets(["residual-8"], seeds=[0], images=1000, epochs=3)
net = trained["residual-8"][0].model.eval()
_, (unseen, _) = data.split(images, labels)

torch.manual_seed(0)
added = {name: [BasicBlock(32, 32) for _ in range(10)] for name in ("fresh", "zero_init")}
for block in added["zero_init"]:
    zero_init_residual(block)
deeper = {name: with_blocks(net, blocks) for name, blocks in added.items()}
with torch.no_grad():
    answers = net(unseen)
    changed = {
        name: (model(unseen).argmax(1) != answers.argmax(1)).sum().item()
        for name, model in deeper.items()
    }
    same_numbers = torch.equal(deeper["zero_init"](unseen), answers)
print(f"{changed=} {same_numbers=}")
# pt: print(f"mudaram={changed!r} mesmos_números={same_numbers!r}")
size = "many" if changed["fresh"] > 100 else "few"
compare_prediction(append_prediction, {"fresh": size, "zero_init": changed["zero_init"]})

# %% [markdown] lang="en"
# **Explain.** Not one class changes, and not one number: the net is ten blocks deeper and computes bit for bit the same. (A
# BasicBlock returns $\mathrm{ReLU}(F(x) + x)$. With $F = 0$ that is $x$ itself only because no number of $x$ is negative: it
# comes out of the ReLU before.)
#
# Is such a block dead? The cell sends one batch through the deeper net, and its gradient back, and looks at the first of the
# new blocks: which parameters get a gradient?

# %% [markdown] lang="pt"
# **Explique.** Nenhuma classe muda, e nenhum número: a rede está dez blocos mais profunda e calcula o mesmo, bit a bit. (Um
# BasicBlock devolve $\mathrm{ReLU}(F(x) + x)$. Com $F = 0$ isso é o próprio $x$ só porque nenhum número de $x$ é negativo: ele
# sai da ReLU anterior.)
#
# Um bloco assim está morto? A célula passa um lote pela rede mais profunda, faz o gradiente voltar e olha o primeiro dos blocos
# novos: que parâmetros recebem gradiente?

# %% tags=["nbval-check-output"]
# A copy learns, so that the cell does the same when it runs again.
# pt: # Quem aprende é uma cópia: assim a célula faz o mesmo quando roda de novo.
model = copy.deepcopy(deeper["zero_init"]).train()
block = model.layer3[-10]  # the first of those added
# pt: block = model.layer3[-10]  # o primeiro dos novos
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in (1, 2):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    alive = {name: (weight.grad != 0).any().item() for name, weight in block.named_parameters()}
    print(f"{step=}", *(f"{name}={is_alive}" for name, is_alive in alive.items()))
    # pt: print(f"passo={step!r}", *(f"{name}={is_alive}" for name, is_alive in alive.items()))
    optimizer.step()

# %% [markdown] lang="en"
# In the first step only `bn2` learns: whatever the convolutions do is multiplied by 0. After that one step its weight is no
# longer 0, and in the second step the whole block learns.
#
# So the statement holds for what a net *can* be. What training **finds** is another question. plain-56 of lesson 01 could
# have copied plain-20 as well, and in three runs came nowhere near it. A difference that you have seen: from where it starts,
# the residual stack got close to the identity within 100 steps, and the plain one did not.

# %% [markdown] lang="pt"
# No primeiro passo só a `bn2` aprende: o que quer que as convoluções façam é multiplicado por 0. Depois desse único passo, o
# peso dela já não é 0, e no segundo passo o bloco inteiro aprende.
#
# Portanto, a afirmação vale para o que uma rede *pode* ser. O que o treino **encontra** é outra questão. A plain-56 da lição 01
# também poderia ter copiado a plain-20, e em três execuções não chegou nem perto. Uma diferença você viu: de onde começa, a pilha
# residual chegou perto da identidade em 100 passos, e a pilha sem atalhos não.

# %% [markdown] lang="en"
# ## What you take with you
#
# - $H(x) = F(x) + x$: the layers learn only the difference. “Do nothing” is $F = 0$, and that is near.
# - The gradient of a block is $1 + F'$, in many dimensions $I + J_F$. Differences, autograd and `torch.func` agree.
# - The 1 is a road, not a guarantee: negative slopes weaken it ($-1$ cancels it), and with large ones the
#   gradient explodes; with BatchNorm far more slowly.
# - $L$ blocks are $2^L$ paths, and most of the gradient comes along those well shorter than most.
# - A deeper residual net *can* be as good as a shallower one. That training finds it is an observation, not a theorem.
#
# **Next:** in lesson 03 you build the block that ResNet-18 and ResNet-34 are made of.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - $H(x) = F(x) + x$: as camadas só aprendem a diferença. “Não fazer nada” é $F = 0$, e isso está perto.
# - O gradiente de um bloco é $1 + F'$; em muitas dimensões, $I + J_F$. Diferenças, autograd e `torch.func` concordam.
# - O 1 é uma estrada, não uma garantia: inclinações negativas o enfraquecem ($-1$ o cancela), e com as grandes o
#   gradiente explode; com BatchNorm, bem mais devagar.
# - $L$ blocos são $2^L$ caminhos, e a maior parte do gradiente vem por alguns bem mais curtos.
# - Uma rede residual mais profunda *pode* ser tão boa quanto uma mais rasa. Que o treino a encontre é uma observação, não
#   um teorema.
#
# **A seguir:** na lição 03 você constrói o bloco de que são feitas a ResNet-18 e a ResNet-34.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): section 3.1 is
#   the idea of this lesson.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): equation 5 is
#   the gradient with its 1; section 3 shows what goes wrong when the shortcut is scaled.
# - Veit, Wilber, Belongie (2016), [Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks](https://arxiv.org/abs/1605.06431): the paths.
# - Balduzzi et al. (2017), [The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591): what else is wrong with the
#   gradients of plain nets, although they do not vanish.
# - Goyal et al. (2017), [Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677): blocks that start as the identity.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): a seção 3.1 é a
#   ideia desta lição.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): a equação 5 é o
#   gradiente com o seu 1; a seção 3 mostra o que dá errado quando o atalho é multiplicado por um fator.
# - Veit, Wilber, Belongie (2016), [Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks](https://arxiv.org/abs/1605.06431): os caminhos.
# - Balduzzi et al. (2017), [The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591): o que mais há de errado com os
#   gradientes das redes simples, embora não sumam.
# - Goyal et al. (2017), [Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677): blocos que começam como a identidade.

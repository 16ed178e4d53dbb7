# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 02 · Why adding x helps: the residual and its gradient
#
# Lesson 01 left a riddle: a net of 56 layers trained badly, and the same net with shortcuts trained well. A
# [shortcut](glossary:shortcut) (*skip connection*, *residual connection*) is nothing but a sum, $F(x) + x$. What does it do to a
# net and to its gradient?
#
# **You will be able to**
# - compare how a residual block and a plain one learn to do nothing;
# - measure the 1 in the gradient of a residual block in three ways;
# - say what this 1 does *not* guarantee;
# - count the paths through a residual net, and make a trained net deeper.
#
# Plan for about 135 minutes; sections headed *More* may be skipped. A laptop is enough.

# %% [markdown] lang="pt"
# # 02 · Por que somar x ajuda: o resíduo e o seu gradiente
#
# A lição 01 deixou um enigma: uma rede de 56 camadas treinava mal, e a mesma rede com atalhos treinava bem. Um
# [atalho](glossary:shortcut) (*conexão residual*, *skip connection*) nada mais é que uma soma, $F(x) + x$. O que ela faz com uma
# rede e com o seu gradiente?
#
# **Ao final, você saberá**
# - comparar como um bloco residual e um simples aprendem a não fazer nada;
# - medir de três maneiras o 1 no gradiente de um bloco residual;
# - dizer o que esse 1 *não* garante;
# - contar os caminhos de uma rede residual e tornar mais profunda uma rede já treinada.
#
# Reserve cerca de 135 minutos; as seções *Mais* podem ser puladas. Um laptop basta.

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
from resnet_course.shapes import shape_table, table

images, labels = data.mnist5k()
x, y = images[::40], labels[::40]

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first: a road in both directions
#
# Here are nets of 2 to 100 linear layers with sigmoids: some without shortcuts, the others with a shortcut around every hidden
# layer. They are given 125 digits. How large is the gradient that reaches the **first** layer?

# %% [markdown] lang="pt"
# ## Primeiro, a figura: uma estrada de mão dupla
#
# Aqui estão redes de 2 a 100 camadas lineares com sigmoides: umas sem atalhos, outras com um atalho em volta de cada camada
# escondida. Elas recebem 125 dígitos. De que tamanho é o gradiente que chega à **primeira** camada?


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
print(f"residual: 2 layers: {at_2['residual']:.2f}; 100 layers: {at_100['residual']:.2f}")
# pt: print(f"residual: 2 camadas: {at_2['residual']:.2f}; 100 camadas: {at_100['residual']:.2f}")
plots.lines("02_residual_gradient.figures.road", depths, arriving, log=True, figures=at_100)

# %% claims=true
assert 1 / 10 < at_100["residual"] / at_2["residual"] < 10, {
    "en": "less than a factor of ten apart",
    "pt": "menos de dez vezes o menor",
}

# %% [markdown] lang="en"
# Without shortcuts the gradient vanishes on its way, as in lesson 01. With them, what reaches the first layer depends little on
# the depth: the two numbers printed above are less than a factor of ten apart. Unlike in lesson 01, we do not
# divide by the last layer's gradient: with shortcuts, that gradient is far larger than without. It contains the layer's input as a
# factor, which is large, because every sigmoid adds something positive to the signal. Here only the size of what reaches the
# first layer counts.
#
# And in the other direction? We send two digits, a 3 and a 7, through the net and see how much of their difference reaches the
# last layer.

# %% [markdown] lang="pt"
# Sem atalhos, o gradiente some no caminho, como na lição 01. Com eles, o que chega à primeira camada depende pouco da
# profundidade: dos dois números impressos acima, o maior é menos de dez vezes o menor. Ao contrário do que fizemos na lição 01, aqui
# não dividimos pelo gradiente da última camada: com atalhos, ele próprio é bem maior que sem eles. Ele contém como
# fator a entrada da camada, que é grande, porque cada sigmoide soma algo positivo ao sinal. Aqui só importa o tamanho do que chega à primeira.
#
# E no outro sentido? Dois dígitos diferentes, um 3 e um 7, atravessam a rede na ida, e vemos quanto da diferença entre eles chega à
# última camada.

# %%
pair = torch.cat([data.digit(3), data.digit(7)]).double()
for shortcut in (False, True):
    torch.manual_seed(0)
    hidden = mlp.deep_mlp(100, 64, nn.Sigmoid, shortcut=shortcut)[:-1].double()
    three, seven = hidden(pair)
    difference = ((three - seven).norm() / three.norm()).item()
    print(f"{shortcut=} {difference=:.0e}")
    # pt: print(f"atalho={shortcut!r} diferença={difference:.0e}")

# %% claims=true
assert 1 / 2000 < difference < 1 / 500, {"en": "by a thousandth of", "pt": "em um milésimo do"}
assert (three - seven).norm() > torch.dist(*hidden[:3](pair)), {
    "en": "has not shrunk since the first layer",
    "pt": "não encolheu desde a primeira camada",
}

# %% [markdown] lang="en"
# After 100 layers, the plain net has exactly the same numbers for a 3 and a 7, so at the start of training there is nothing to learn from them.
# With shortcuts the two still differ, by a thousandth of the signal. (The difference has not shrunk since the first layer; it is the
# signal that has grown.) So the shortcuts are a road in both directions: gradients go backwards on it, and what early layers have
# found goes forwards to all later ones. **Feature reuse** becomes possible. In lesson 03 you will see how much of an image can
# still be recognised after one block, and after ten.

# %% [markdown] lang="pt"
# Depois de 100 camadas, a rede simples tem exatamente os mesmos números para um 3 e um 7; no início do treino, portanto, não há o que
# aprender com eles. Com atalhos, os dois ainda diferem, em um milésimo do sinal. (A diferença não encolheu desde a primeira camada;
# foi o sinal que cresceu.) Os atalhos são, portanto, uma estrada de mão dupla: por ela os gradientes voltam, e o que as primeiras
# camadas descobriram segue adiante, até as últimas. O **reúso de características** (*feature reuse*) torna-se possível. Na lição 03
# você verá quanto de uma imagem ainda se reconhece depois de um bloco, e depois de dez.

# %% [markdown] lang="en"
# ## Learn the residual, not the map
#
# Let $H(x)$ be what a group of layers should compute. He et al. (2015, section 3.1) let the layers compute only the
# [**residual**](glossary:residual) $F(x) = H(x) - x$, and add $x$ back:
#
# | formula | code |
# |---|---|
# | $H(x) = F(x) + x$ | `self.F(x) + x` |
# | $H(x) = F(x) + W_s x$, if the shapes differ: the layer $W_s$, a [projection](glossary:projection) (lesson 03), brings $x$ to the shape of $F(x)$ | `self.F(x) + self.shortcut(x)` |

# %% [markdown] lang="pt"
# ## Aprender o resíduo, não a função inteira
#
# Seja $H(x)$ o que um grupo de camadas deveria calcular. He et al. (2015, seção 3.1) deixam as camadas calcularem só o
# [**resíduo**](glossary:residual) $F(x) = H(x) - x$, e somam $x$ de volta:
#
# | fórmula | código |
# |---|---|
# | $H(x) = F(x) + x$ | `self.F(x) + x` |
# | $H(x) = F(x) + W_s x$, se as formas diferem: a camada $W_s$, uma [projeção](glossary:projection) (lição 03), dá a $x$ a forma de $F(x)$ | `self.F(x) + self.shortcut(x)` |

# %% [markdown] lang="en" banner="residual-wrapper"
# ## Exercise 1 · `Residual`
#
# *Why it matters:* these few lines turn any group of layers into a residual block. The rest of the lesson builds on them.
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
# *Por que isso importa:* estas poucas linhas transformam qualquer grupo de camadas em um bloco residual. O resto da
# lição se apoia nelas.
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
# Whatever `__init__` gets is forgotten when it ends, unless it is stored in `self`.
# </details>
# <details><summary>Hint: “'NoneType' object is not callable”</summary>
#
# If no `shortcut` is passed, `self.shortcut` is `None`, which cannot be called like a function. Ask first: `if self.shortcut is None:`
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “'Residual' object has no attribute 'F'”</summary>
#
# O que o `__init__` recebe é esquecido quando ele termina, a não ser que seja guardado em `self`.
# </details>
# <details><summary>Dica: “'NoneType' object is not callable”</summary>
#
# Quando não se passa `shortcut`, `self.shortcut` é `None`, que não pode ser chamado como função. Pergunte antes: `if self.shortcut is None:`
# </details>

# %% [markdown] lang="en" asked="what-use-is-an-identity"
# ## When the best thing to do is nothing
#
# In lesson 01, the 36 extra layers of plain-56 only had to pass on what they got. So the next task is: **return
# your input.** Two stacks have ten groups of layers each (linear, ReLU, linear): one is plain; in the other, each group is
# wrapped in your `Residual`. They learn from 500 real digits of 8 × 8 pixels, from which each pixel's mean over these digits has been
# subtracted. Each stack is trained three times, for 100 steps, from different random weights. (The optimizer is
# [*Adam*](glossary:adam); it all takes a few seconds.)
#
# **Predict.** Which of the two stacks has the *lower* error after 100 steps, `"plain"` or `"residual"`? And which has the lower error *before the first step*?

# %% [markdown] lang="pt" asked="what-use-is-an-identity"
# ## Quando o melhor é não fazer nada
#
# Na lição 01, as 36 camadas a mais da plain-56 só precisavam repassar o que recebiam. A próxima tarefa é:
# **devolva a sua entrada.** Há duas pilhas, cada uma de dez grupos de camadas (linear, ReLU, linear): uma não tem atalhos; na outra,
# cada grupo fica dentro da `Residual` que você escreveu. Elas aprendem com 500 dígitos de verdade, de 8 × 8 pixels; de cada pixel foi subtraída a
# sua média nesses dígitos. Cada pilha é treinada três vezes, por 100 passos, a partir de pesos aleatórios diferentes. (O otimizador
# é o [*Adam*](glossary:adam); tudo leva alguns segundos.)
#
# **Preveja.** Qual das duas pilhas tem o *menor* erro depois de 100 passos, `"plain"` (sem atalhos) ou `"residual"`? E *antes do primeiro passo*?

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
    """Return the error at each step: 0 is perfect, 1 is what a net that always returns 0 gets."""
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


def three_runs(shortcuts, x):
    """The errors of three runs, each from different random weights"""
    # pt: """Os erros de três execuções, cada uma a partir de outros pesos aleatórios"""
    return [learn_identity(make_stack(shortcuts, seed), x) for seed in range(3)]


digits = data.uci_digits()[0][:500].flatten(1)
centred = digits - digits.mean(0)
errors = {"plain": three_runs(False, centred), "residual": three_runs(True, centred)}
after = {name: sum(run[-1] for run in runs) for name, runs in errors.items()}
before = {name: sum(run[0] for run in runs) for name, runs in errors.items()}
lowest = {"lower_after": min(after, key=after.get), "lower_before": min(before, key=before.get)}
compare_prediction(identity_prediction, lowest)

# %% [markdown] lang="en"
# Here are all three runs of each stack, step by step:

# %% [markdown] lang="pt"
# Aqui estão as três execuções de cada pilha, passo a passo:

# %%
plots.training_curves("02_residual_gradient.figures.identity", errors, log=True)

# %% [markdown] lang="en"
# **Explanation.** Before the first step the residual net is in fact the worse of the two: its ten random functions $F$ add noise to $x$. But all it has to learn is
# $F = 0$, and weights are easily pushed towards 0. The plain net must find weights that undo each other exactly, through ten groups
# with a ReLU in each. So in this task the net with shortcuts gets closer, and sooner: training **converges faster.**
#
# **Or does the difference come only from the weights?** PyTorch's default weights are small (lesson 01). As a control, the next cell prints the plain stack's
# error after 100 steps from Xavier's weights, which are made to keep the size of the signal.

# %% [markdown] lang="pt"
# **Explicação.** Antes do primeiro passo, a rede residual é a pior das duas: suas dez funções $F$ aleatórias somam ruído a
# $x$. Mas ela só precisa aprender $F = 0$, e empurrar pesos para perto de 0 é fácil. A rede simples precisa encontrar pesos que desfaçam exatamente o
# efeito uns dos outros, através de dez grupos com uma ReLU em cada. Nesta tarefa, portanto, a rede com atalhos chega mais perto, e
# mais cedo: o treino **converge mais depressa.**
#
# **Ou a diferença vem só dos pesos?** Os pesos padrão do PyTorch são pequenos (lição 01). Como controle, a próxima célula mostra o erro da pilha sem atalhos
# depois de 100 passos a partir dos pesos de Xavier, feitos para manter o tamanho do sinal.

# %%
for seed in range(3):
    sized = mlp.initialise_linear(make_stack(False, seed), "xavier")
    print(f"seed {seed}: error {learn_identity(sized, centred)[-1]:.2f}")
    # pt: print(f"semente {seed}: erro {learn_identity(sized, centred)[-1]:.2f}")

# %% claims=true
assert all(
    learn_identity(mlp.initialise_linear(make_stack(False, seed), "xavier"), centred)[-1]
    > 5 * max(run[-1] for run in errors["residual"])
    for seed in (0, 1, 2)
), {"en": "many times that of", "pt": "muitas vezes maior que o da pilha"}

# %% [markdown] lang="en"
# Xavier's weights close part of the gap, not all of it: the plain stack gets closer than before, but its error is still many
# times that of the stack with shortcuts.
#
# To get $F = 0$, no learning is needed at all. The cell sets the last weights of each group to 0 and checks whether the output *is*
# the input, bit for bit. What will the plain stack return?

# %% [markdown] lang="pt"
# Os pesos de Xavier reduzem a diferença, mas não a eliminam: a pilha sem atalhos chega mais perto que antes, mas o seu erro ainda
# é muitas vezes maior que o da pilha com atalhos.
#
# Para ter $F = 0$, nem é preciso treinar. A célula zera os últimos pesos de cada grupo e verifica se a saída *é* a entrada, bit a
# bit. E a pilha sem atalhos, o que vai devolver?

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
# With 0 in the last weights of each group, the plain net loses everything; the residual net becomes the [identity](glossary:identity).
#
# ## Where the 1 comes from
#
# Now the gradient. One number goes in, one comes out: $H(x) = F(x) + x$. The slope of a sum is the sum of the slopes, and
# the slope of $x$ is 1. With the chain rule, the gradient of the loss $\mathcal{L}$ is
#
# $$\frac{\partial \mathcal{L}}{\partial x} = \frac{\partial \mathcal{L}}{\partial H}\,\Big(\frac{\partial F}{\partial x} + 1\Big)$$
#
# For short, we also write the factor as $F' + 1$. Do not take it on trust: measure it, at first with nothing but two values of the
# function.

# %% [markdown] lang="pt"
# Com 0 nos últimos pesos de cada grupo, a rede simples perde tudo; a residual vira a [identidade](glossary:identity).
#
# ## De onde vem o 1
#
# Agora, o gradiente. Entra um número, sai um número: $H(x) = F(x) + x$. A inclinação de uma soma é a soma das inclinações, e a
# inclinação de $x$ é 1. Com a regra da cadeia, o gradiente da perda $\mathcal{L}$ é
#
# $$\frac{\partial \mathcal{L}}{\partial x} = \frac{\partial \mathcal{L}}{\partial H}\,\Big(\frac{\partial F}{\partial x} + 1\Big)$$
#
# Para abreviar, também escrevemos esse fator como $F' + 1$. Não confie só na conta: meça. Primeiro, usando apenas dois valores da
# função.

# %% [markdown] lang="en" banner="numerical-derivative"
# ## Exercise 2 · `numerical_derivative`
#
# *Why it matters:* two values and a division are enough to check any derivative, including one that you worked out yourself.
#
# Evaluate the function a small step `eps` to the right and to the left of `x`, and divide the rise by the distance between the two
# points. This is called the [**central difference**](glossary:central-difference):
#
# $$f'(x) \approx \frac{f(x + \varepsilon) - f(x - \varepsilon)}{2\,\varepsilon}$$
#
# `x` is a number or a tensor; return the same kind. The argument `eps` may be left out; it is then 0.001.

# %% [markdown] lang="pt" banner="numerical-derivative"
# ## Exercício 2 · `numerical_derivative`
#
# *Por que isso importa:* dois valores e uma divisão bastam para conferir qualquer derivada, inclusive uma que você mesmo calculou.
#
# Avalie a função a um pequeno passo `eps` de `x`, à direita e à esquerda, e divida a subida pela distância entre os dois pontos.
# Isso se chama [**diferença central**](glossary:central-difference):
#
# $$f'(x) \approx \frac{f(x + \varepsilon) - f(x - \varepsilon)}{2\,\varepsilon}$$
#
# `x` é um número ou um tensor; devolva o mesmo tipo. O argumento `eps` pode ser omitido; nesse caso, vale 0,001.


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
# ### More · How small should the step be?
#
# The cell measures the slope of $e^{\sin x}$ at 0.7 with smaller and smaller steps, and compares it with the exact slope,
# $\cos(x)\,e^{\sin x}$. It does so with your central difference and with the simpler one-sided difference,
# $\frac{f(x + \varepsilon) - f(x)}{\varepsilon}$.

# %% [markdown] lang="pt"
# ### Mais · De que tamanho deve ser o passo?
#
# A célula mede a inclinação de $e^{\sin x}$ em 0,7 com passos cada vez menores e a compara com a inclinação exata,
# $\cos(x)\,e^{\sin x}$. Faz isso com a sua diferença central e com a diferença de um lado só, mais simples,
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
    colors={"central": "accent", "one-sided": "pink"},
    log=True,
)

# %% claims=true
assert 50 < deviations["central"][1] / deviations["central"][2] < 200, {
    "en": "a hundred times as accurate",
    "pt": "cem vezes mais exata",
}
assert 5 < deviations["one-sided"][1] / deviations["one-sided"][2] < 20, {
    "en": "only ten times",
    "pt": "apenas dez vezes",
}

# %% [markdown] lang="en"
# As long as rounding plays no part, a step ten times smaller makes the central difference a hundred times as accurate, and the
# one-sided difference only ten times. With very small steps, both get worse: the two values become so close that their difference is mostly rounding. A small step is good;
# the smallest is not.

# %% [markdown] lang="pt"
# Enquanto o arredondamento não pesa, um passo dez vezes menor deixa a diferença central cem vezes mais exata, e a de um lado só,
# apenas dez vezes. Com passos muito pequenos, ambas pioram: os dois valores ficam tão próximos que a diferença entre eles é quase só arredondamento. Um passo pequeno é bom; o
# menor possível, não.

# %% [markdown] lang="en"
# ## The same number, three ways
#
# Now a block: $F(x) = \tanh(2x)$, in `float64` (double precision). The cell computes the slope of $F$, and that of $F(x) + x$, with
# your function, with `autograd` (which is what training uses), and with `torch.func.grad`, which turns a function into its slope.

# %% [markdown] lang="pt"
# ## O mesmo número, de três maneiras
#
# Agora, um bloco: $F(x) = \tanh(2x)$, em `float64` (precisão dupla). A célula calcula a inclinação de $F$ e a de $F(x) + x$ com a
# sua função, com o `autograd` (que todo treino usa) e com `torch.func.grad`, que transforma uma função na inclinação dela.


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
# All three ways agree, and the second line is the first plus 1.
#
# ## In many dimensions
#
# A layer takes a vector $x$ and returns a vector. Its slope is a table, the [**Jacobian**](glossary:jacobian) $J_F$: the number in
# row $i$ and column $j$ says how fast output $i$ grows as input $j$ grows. The slope of $x$ itself is the table with 1 on the diagonal, the identity
# matrix $I$. So
#
# $$J_{F + x} = J_F + I$$
#
# | formula | code |
# |---|---|
# | $J_F$ at $x$ | `torch.func.jacrev(F)(x)` |
# | $I$, for $n$ numbers | `torch.eye(n)` |

# %% [markdown] lang="pt"
# As três maneiras concordam, e a segunda linha é a primeira mais 1.
#
# ## Em muitas dimensões
#
# Uma camada recebe um vetor $x$ e devolve um vetor. A inclinação dela é uma tabela, a [**jacobiana**](glossary:jacobian) $J_F$: o
# número na linha $i$ e na coluna $j$ diz com que rapidez a saída $i$ cresce quando a entrada $j$ cresce. A inclinação do próprio $x$ é a tabela com 1 na diagonal,
# a matriz identidade $I$. Então
#
# $$J_{F + x} = J_F + I$$
#
# | fórmula | código |
# |---|---|
# | $J_F$ em $x$ | `torch.func.jacrev(F)(x)` |
# | $I$, para $n$ números | `torch.eye(n)` |

# %% [markdown] lang="en"
# The cell first prints the Jacobian of a small layer, computed by `jacrev`. The central differences, which your function computes
# column by column, must agree with it. (For column $j$, the function `columns` adds a number `t` to input $j$ alone and measures the slope at `t` = 0; `move=move`
# ties each function to the input of its own column.) The second table is the Jacobian of the same layer inside your `Residual`,
# computed from differences alone: compare the diagonals.

# %% [markdown] lang="pt"
# A célula mostra primeiro a jacobiana de uma camada pequena, calculada por `jacrev`. As diferenças centrais, que a sua função calcula
# coluna por coluna, têm de concordar com ela. (Para a coluna $j$, a função `columns` soma um número `t` só à entrada $j$ e mede a inclinação em
# `t` = 0; `move=move` prende cada função à entrada da sua coluna.) A segunda tabela é a jacobiana da mesma camada dentro da
# `Residual` que você escreveu, calculada só com diferenças: compare as diagonais.


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
# Is it true that *because of the 1, the gradient of a ResNet cannot vanish*? Take a row of 50 blocks that work on one number each,
# and let every $F$ have the slope $a$. Each block multiplies the gradient by $1 + a$, so 50 blocks multiply it by $(1 + a)^{50}$.
#
# **Predict** for each $a$: the gradient `"vanishes"` (below 1/100), `"survives"`, or `"explodes"` (above 100).

# %% [markdown] lang="pt"
# ## Uma estrada, não uma garantia
#
# É verdade que, *por causa do 1, o gradiente de uma ResNet não pode sumir*? Pense em 50 blocos em sequência, cada um trabalhando com um só
# número, e suponha que toda $F$ tenha a inclinação $a$. Cada bloco multiplica o gradiente por $1 + a$; 50 blocos o multiplicam por
# $(1 + a)^{50}$.
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
# **Explanation.** The 1 can be cancelled: with $a = -1$ the block returns 0 whatever comes in. With $a = -1/2$ each block lets only
# half through, and fifty halvings make the gradient vanish too. (Any $a$ between $-2$ and 0 weakens the gradient.) And there can be too much
# of a good thing: multiplied by 1.5 fifty times, the gradient explodes. The road is certainly safe where the slopes of $F$ lie between
# $-1/50$ and $1/50$ (one divided by the number of blocks): even fifty factors of $1 - 1/50$ leave more than a third of the gradient.
#
# He et al. (2016, section 2) say no more than that the 1 is unlikely to be cancelled for all images of a batch.

# %% [markdown] lang="pt"
# **Explicação.** O 1 pode ser cancelado: com $a = -1$ o bloco devolve 0, não importa o que entre. Com $a = -1/2$ cada bloco deixa
# passar só a metade, e cinquenta reduções à metade também fazem o gradiente sumir. (Qualquer $a$ entre $-2$ e 0 enfraquece o gradiente.) E o
# contrário também acontece: multiplicado por 1,5 cinquenta vezes, o gradiente explode. A estrada é segura, com certeza, onde as
# inclinações de $F$ ficam entre $-1/50$ e $1/50$ (1 dividido pelo número de blocos): mesmo cinquenta fatores de $1 - 1/50$ deixam
# mais de um terço do gradiente.
#
# He et al. (2016, seção 2) dizem apenas ser improvável que o 1 se cancele em todas as imagens de um lote.

# %% [markdown] lang="en"
# ### The same in real nets
#
# Each row of the table is a kind of net with ReLU: with neither shortcuts nor BatchNorm, with one of the two, or with both. The
# three columns in the middle give the norm of the gradient at the first layer of nets of 2, 50 and 100 layers. Read each row from left to right: does
# the gradient vanish or explode as the net gets deeper?
#
# The last column, the *signal*, is the spread (standard deviation) of the numbers that reach the last of 100 layers.

# %% [markdown] lang="pt"
# ### O mesmo em redes de verdade
#
# Cada linha da tabela é um tipo de rede com ReLU: sem atalhos nem BatchNorm, com um dos dois ou com ambos. As três colunas do meio
# dão a norma do gradiente na primeira camada de redes de 2, 50 e 100 camadas. Leia cada linha da esquerda para a direita: o gradiente some ou
# explode à medida que a rede fica mais profunda?
#
# A última coluna, o *sinal*, é a dispersão (desvio-padrão) dos números que chegam à última de 100 camadas.


# %%
def last_signal(x, **options):
    """The spread of the numbers that reach the last of 100 layers"""
    # pt: """A dispersão dos números que chegam à última de 100 camadas"""
    torch.manual_seed(0)
    hidden = mlp.deep_mlp(100, 64, nn.ReLU, **options)[:-1].double()
    return hidden(x.double()).std().item()


kinds = {
    "neither": {},
    # pt: "nenhum dos dois": {},
    "shortcuts": {"shortcut": True},
    # pt: "atalhos": {"shortcut": True},
    "BatchNorm": {"norm": True},
    "both": {"norm": True, "shortcut": True},
    # pt: "ambos": {"norm": True, "shortcut": True},
}
rows = []
for kind, options in kinds.items():
    gradients = {depth: first_gradient(depth, nn.ReLU, **options) for depth in (2, 50, 100)}
    row = {"net with": kind}
    # pt: row = {"rede com": kind}
    row |= {f"{depth} layers": f"{gradient:.0e}" for depth, gradient in gradients.items()}
    # pt: row |= {f"{depth} camadas": f"{gradient:.0e}" for depth, gradient in gradients.items()}
    rows.append(row | {"signal": f"{last_signal(x, **options):.0e}"})
    # pt: rows.append(row | {"sinal": f"{last_signal(x, **options):.0e}"})
table(rows)

# %% claims=true
assert mlp.deep_mlp(100, 64, nn.ReLU)[:-1].double()(x.double()).std(0).max() < 1e-9, {
    "en": "it is the same for every image",
    "pt": "é o mesmo para todas as imagens",
}

# %% [markdown] lang="en"
# With neither, the gradient vanishes. The signal there comes from biases alone: it is the same for every image. With shortcuts
# alone the gradient explodes here, and so does the signal. (With sigmoids, whose slope is at most 1/4, the gradient did not
# explode.) With BatchNorm alone it explodes as well (lesson 01). With both it also grows, but far more slowly: from about 3 with 2 layers to about
# 200 with 100. ResNets have both.
#
# ### A ReLU stands on the road
#
# The block of a real ResNet (lesson 03) does not return $F(x) + x$ but $y = \mathrm{ReLU}(F(x) + x)$. The chain rule gives it one more
# factor:
#
# $$J_y = M\,(J_F + I)$$
#
# $M$ is a table with 1 on the diagonal where the sum is positive, and 0 everywhere else.

# %% [markdown] lang="pt"
# Sem nenhum dos dois, o gradiente some. Ali, o sinal vem só dos vieses: é o mesmo para todas as imagens. Com atalhos e sem BatchNorm, o
# gradiente explode aqui, e o sinal também. (Com sigmoides, cuja inclinação é no máximo 1/4, ele não explodiu.) Com BatchNorm e
# sem atalhos, também explode (lição 01). Com ambos, também cresce, mas bem mais devagar: de uns 3, com 2 camadas, a uns 200, com 100. As ResNets têm
# ambos.
#
# ### Há uma ReLU na estrada
#
# O bloco de uma ResNet real (lição 03) não devolve $F(x) + x$, e sim $y = \mathrm{ReLU}(F(x) + x)$. A regra da cadeia lhe dá mais
# um fator:
#
# $$J_y = M\,(J_F + I)$$
#
# $M$ é uma tabela com 1 na diagonal onde a soma é positiva e 0 no resto.

# %% [markdown] lang="en"
# Here it is on a block of four numbers: the cell prints $F(x) + x$, then the Jacobian without the ReLU (by your `residual_jacobian`),
# then the one with it. Which rows become 0?

# %% [markdown] lang="pt"
# Veja um exemplo com um bloco de quatro números: a célula imprime $F(x) + x$, depois a jacobiana sem a ReLU (pela sua
# `residual_jacobian`) e por fim a jacobiana com ela. Que linhas viram 0?

# %%
torch.manual_seed(0)
part = nn.Sequential(nn.Linear(4, 4), nn.Tanh()).double()
spot = torch.randn(4, dtype=torch.float64)
with_relu = nn.Sequential(Residual(part), nn.ReLU())
print(Residual(part)(spot).detach().numpy().round(2))
print(residual_jacobian(part, spot).detach().numpy().round(2) + 0.0)
print(torch.func.jacrev(with_relu)(spot).detach().numpy().round(2) + 0.0)

# %% [markdown] lang="en"
# **Explanation.** Where the sum is negative, the whole row is 0: nothing comes back there, not even along the shortcut. So in a real
# ResNet the 1 is multiplied by 0 or 1 at every block, and the same goes for the signal on its way forwards. Further down you will
# measure how often that factor is 0 in a trained net. To keep the road clear, He et al. (2016) move this ReLU off it: see lesson 08,
# `08_identity_mappings`. The next section leaves the ReLU out.

# %% [markdown] lang="pt"
# **Explicação.** Onde a soma é negativa, a linha inteira é 0: ali não volta nada, nem pelo atalho. Em uma ResNet de verdade, portanto, o
# 1 é multiplicado por 0 ou por 1 em cada bloco, e o mesmo vale para o sinal na ida. Mais adiante você mede com que frequência esse
# fator é 0 em uma rede treinada. Para deixar a estrada livre, He et al. (2016) tiram essa ReLU dela: veja a lição 08,
# `08_identity_mappings`. A próxima seção deixa a ReLU de fora.

# %% [markdown] lang="en"
# ## A net of $2^L$ paths
#
# Let $J_1$ and $J_2$ be the Jacobians of the functions $F$ of two blocks in a row. The Jacobian of the two blocks together is
# $(I + J_2)(I + J_1) = I + J_1 + J_2 + J_2 J_1$: four terms, one for each [**path**](glossary:path). At each block a path goes either
# through $F$ or along the shortcut. So $L$ blocks have $2^L$ paths (Veit et al., 2016).
#
# Does the sum over all paths really give the Jacobian of the whole net? Take three blocks with tanh, that is, $2^3 = 8$ paths: the
# cell multiplies the Jacobians along each path, adds the eight products, and compares the sum with the Jacobian of the whole net.

# %% [markdown] lang="pt"
# ## Uma rede de $2^L$ caminhos
#
# Sejam $J_1$ e $J_2$ as jacobianas das funções $F$ de dois blocos em sequência. A jacobiana dos dois blocos juntos é
# $(I + J_2)(I + J_1) = I + J_1 + J_2 + J_2 J_1$: quatro termos, um para cada [**caminho**](glossary:path). Em cada bloco, um caminho
# passa por $F$ ou segue pelo atalho. Logo, $L$ blocos têm $2^L$ caminhos (Veit et al., 2016).
#
# Somando todos os caminhos, obtém-se mesmo a jacobiana da rede inteira? Tome três blocos com tanh, isto é, $2^3 = 8$ caminhos: a
# célula multiplica as jacobianas ao longo de cada caminho, soma os oito produtos e compara a soma com a jacobiana da rede inteira.


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
# *Why it matters:* most paths through a residual net use only about half of its functions $F$.
#
# The **length** of a path is the number of functions $F$ on it. `path_lengths(L)` returns a list of `L + 1` whole numbers: how many of
# the $2^L$ paths through `L` blocks have length 0, 1, …, `L`.
#
# By hand for two blocks: one path has length 0 (both shortcuts), two have length 1, one has length 2. So
# `path_lengths(2)` is `[1, 2, 1]`.
#
# Your function must work for 60 blocks too. They have $2^{60}$ paths, more than $10^{18}$: at a million a second, listing them
# would take over 30,000 years. Which formula counts the ways to choose $k$ of $L$ blocks?

# %% [markdown] lang="pt" banner="path-lengths"
# ## Exercício 4 · `path_lengths`
#
# *Por que isso importa:* a maioria dos caminhos de uma rede residual usa só cerca de metade das funções $F$ dela.
#
# O **comprimento** de um caminho é o número de funções $F$ pelas quais ele passa. `path_lengths(L)` devolve uma lista de `L + 1` números inteiros:
# quantos dos $2^L$ caminhos através de `L` blocos têm comprimento 0, 1, …, `L`.
#
# À mão, para dois blocos: um caminho tem comprimento 0 (os dois atalhos), dois têm comprimento 1, um tem comprimento 2. Então
# `path_lengths(2)` é `[1, 2, 1]`.
#
# Sua função deve funcionar também para 60 blocos. São $2^{60}$ caminhos, mais de $10^{18}$: listá-los, a um milhão por segundo,
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
# A ResNet of 110 layers for small images has 54 blocks. (Each has two [convolutions](glossary:convolution), layers that slide a
# small window of weights
# over the image; two more layers stand outside the blocks.) Each of its paths passes through 0 to 54 of the functions $F$; most
# paths pass through about 27.
#
# **Predict** for a narrower net, also of 54 blocks: each works on 16 numbers, and its $F$ is a linear layer and a ReLU with PyTorch's
# default weights. Is the length of the paths along which most of the *gradient* could arrive below 25 (`"shorter"`), near 27
# (`"equal"`, from 25 to 29), or above 29 (`"longer"`)? (“Could”, because paths can also cancel one another.)

# %% [markdown] lang="pt"
# Uma ResNet de 110 camadas para imagens pequenas tem 54 blocos. (Cada um tem duas [convoluções](glossary:convolution), camadas
# que deslizam uma pequena
# janela de pesos sobre a imagem; fora dos blocos há mais duas camadas.) Cada caminho dela passa por 0 a 54 das funções $F$; a maioria
# passa por cerca de 27.
#
# **Preveja** para uma rede mais estreita, também de 54 blocos: cada um trabalha com 16 números, e a $F$ de cada um é uma camada linear seguida
# de uma ReLU, com os pesos padrão do PyTorch. Os caminhos por onde poderia chegar a maior parte do *gradiente* têm comprimento menor
# que 25 (`"shorter"`), próximo de 27 (`"equal"`, de 25 a 29) ou maior que 29 (`"longer"`)? (“Poderia”, porque os caminhos também podem se
# cancelar mutuamente.)

# %% predict="paths"
### BEGIN SOLUTION
# was: paths_prediction = {"gradient_arrives_on": ...}
paths_prediction = {"gradient_arrives_on": "shorter"}
### END SOLUTION

# %% [markdown] lang="en"
# Nobody can walk $2^{54}$ paths, and real blocks have huge Jacobians. Hence the narrow net, and a sample of its paths: the function
# below draws 100 random paths of one length, multiplies the Jacobians along each of them, and returns the mean size (norm) of these
# products. (The norm of a matrix is the root of the sum of its squared numbers. A path of length 0 multiplies by the identity
# matrix, which here has 16 ones: norm 4.)

# %% [markdown] lang="pt"
# Ninguém consegue percorrer $2^{54}$ caminhos, e blocos de verdade têm jacobianas enormes. Daí a rede estreita, e uma amostra dos seus
# caminhos: a função abaixo sorteia 100 caminhos de um mesmo comprimento, multiplica as jacobianas ao longo de cada um e devolve o
# tamanho médio (norma) desses produtos. (A norma de uma matriz é a raiz da soma dos quadrados dos seus números. Um caminho de
# comprimento 0 multiplica pela matriz identidade, que aqui tem 16 uns: norma 4.)


# %%
def mean_norm(jacobians, length, samples=100):
    """The mean norm of the product of Jacobians over random paths of a length."""
    # pt: """A norma média do produto das jacobianas em caminhos sorteados de um comprimento."""
    identity = [torch.eye(len(jacobians[0]), dtype=torch.float64)]
    total = 0.0
    for _ in range(samples):
        chosen = torch.randperm(len(jacobians))[:length].sort().values
        total += along([jacobians[place] for place in chosen] or identity).norm().item()
    return total / samples


# %% [markdown] lang="en"
# Together, all paths of one length carry at most *their number × that mean*; where they cancel one another, they carry less. The cell
# estimates this upper bound for every length, from the sample. Then it computes the mean length, in which each length counts in
# proportion to its bound. Is that mean near 27?

# %% [markdown] lang="pt"
# Juntos, os caminhos de um mesmo comprimento trazem no máximo *o número deles × essa média*; onde se cancelam uns aos outros, trazem
# menos. A célula estima esse limite para cada comprimento, a partir da amostra. Depois calcula o comprimento médio, em que cada
# comprimento conta na proporção do seu limite. Essa média fica perto de 27?

# %%
expect(paths_prediction, {"gradient_arrives_on": ["shorter", "equal", "longer"]})

torch.manual_seed(0)
sample = [nn.Sequential(nn.Linear(16, 16), nn.ReLU()).double() for _ in range(54)]
sampled = residual_jacobians(sample, torch.randn(16, dtype=torch.float64))
counts = path_lengths(54)
means = [mean_norm(sampled, length) for length in range(55)]
carried = [count * mean for count, mean in zip(counts, means, strict=True)]
typical = round(sum(length * each for length, each in enumerate(carried)) / sum(carried))
where = "shorter" if typical < 25 else "longer" if typical > 29 else "equal"
compare_prediction(paths_prediction, {"gradient_arrives_on": where})

# %% [markdown] lang="en"
# Here are the two factors for five of the lengths: how many paths have that length, and how much one of them carries on average.

# %% [markdown] lang="pt"
# Aqui estão os dois fatores para cinco dos comprimentos: quantos caminhos têm esse comprimento e quanto traz, em média, cada um.

# %%
for length in (0, 5, 15, 27, 54):
    paths, mean = counts[length], means[length]
    print(f"{length=} {paths=:.0e} {mean=:.0e}")
    # pt: print(f"comprimento={length!r} caminhos={paths:.0e} média={mean:.0e}")

# %% [markdown] lang="en"
# The figure shows how the paths are distributed over the lengths, and the most that the paths of each length could carry:

# %% [markdown] lang="pt"
# A figura mostra como os caminhos se distribuem entre os comprimentos e quanto os de cada comprimento poderiam trazer, no máximo:

# %%
shares = {
    "paths": [100 * count / sum(counts) for count in counts],
    "gradient": [100 * each / sum(carried) for each in carried],
}
plots.lines(
    "02_residual_gradient.figures.paths",
    range(55),
    shares,
    colors={"paths": "neutral", "gradient": "residual"},
    figures={"typical": typical},
)

# %% [markdown] lang="en"
# **Explanation.** A path multiplies the gradient by one Jacobian for each $F$ on it, and with these weights the gradient shrinks,
# on average, each time (see the means above). Many paths have a length of about 27, but each carries next to nothing; very short paths
# carry much, but are few. Most of the gradient could arrive along the paths in between, still much shorter than a typical
# path. (The blue line is jagged because only 100 paths were drawn per length.)
#
# In a trained ResNet-110, Veit et al. (2016, section 5) found that paths of 5 to 17 blocks carry nearly all of the gradient. They
# conclude that such a net behaves like a collection of shallower nets.

# %% [markdown] lang="pt"
# **Explicação.** Um caminho multiplica o gradiente por uma jacobiana para cada $F$ que atravessa, e com estes pesos o gradiente
# encolhe a cada vez, em média (veja as médias acima). Há muitos caminhos de comprimento próximo de 27, mas cada um traz quase nada; os
# muito curtos trazem muito, mas são raros. A maior parte do gradiente poderia vir pelos intermediários, ainda bem mais curtos
# que um caminho típico. (A linha azul é serrilhada porque só se sortearam 100 caminhos por comprimento.)
#
# Em uma ResNet-110 treinada, Veit et al. (2016, seção 5) viram que caminhos de 5 a 17 blocos trazem quase todo o gradiente. Eles
# concluem que uma rede dessas se comporta como um conjunto de redes mais rasas.

# %% [markdown] lang="en"
# **Does this depend on the weights?** The next cell repeats the sample with He's larger weights. For both kinds of weights it also
# compares two sizes: the sum of the *sizes* of all paths, in which nothing can cancel, and the size of the sum of the paths themselves,
# which is the gradient of the whole net.

# %% [markdown] lang="pt"
# **Isso depende dos pesos?** A próxima célula repete a amostra com os pesos de He, que são maiores. Para os dois tipos de pesos, ela
# também compara dois tamanhos: a soma dos *tamanhos* de todos os caminhos, em que nada se cancela, e o tamanho da soma dos próprios caminhos,
# que é o gradiente da rede inteira.

# %%
torch.manual_seed(0)
larger = [nn.Sequential(nn.Linear(16, 16), nn.ReLU()).double() for _ in range(54)]
for piece in larger:
    mlp.initialise_linear(piece, "he")
he_sampled = residual_jacobians(larger, torch.randn(16, dtype=torch.float64))
he_means = [mean_norm(he_sampled, length) for length in range(55)]
he_carried = [count * mean for count, mean in zip(counts, he_means, strict=True)]
he_typical = round(sum(length * each for length, each in enumerate(he_carried)) / sum(he_carried))

unit = torch.eye(16, dtype=torch.float64)
for rule, length, shared, jacobians in (
    ("default", typical, carried, sampled),
    # pt: ("padrão", typical, carried, sampled),
    ("he", he_typical, he_carried, he_sampled),
):
    whole_net = along([J + unit for J in jacobians]).norm()
    print(f"{rule} length={length} paths={sum(shared):.0e} net={whole_net:.0e}")
    # pt: print(f"{rule} comprimento={length} caminhos={sum(shared):.0e} rede={whole_net:.0e}")

# %% claims=true
assert 25 <= he_typical <= 28, {"en": "paths of typical length", "pt": "caminhos de comprimento típico"}
assert sum(carried) > 100 * along([J + unit for J in sampled]).norm(), {
    "en": "more than a hundred times",
    "pt": "mais de cem vezes",
}

# %% [markdown] lang="en"
# It does. With He's weights, most of the gradient could arrive along paths of typical length, about 27 blocks. And paths do cancel:
# the sum of their sizes is more than a hundred times the gradient of the whole net. So the figure shows only that short paths *can*
# matter most. Veit et al. measured a trained net: there, short paths do matter most.

# %% [markdown] lang="pt"
# Depende. Com os pesos de He, a maior parte do gradiente poderia vir por caminhos de comprimento típico, cerca de 27 blocos. E os
# caminhos de fato se cancelam: a soma dos seus tamanhos é mais de cem vezes o gradiente da rede inteira. A figura mostra, portanto,
# apenas que caminhos curtos *podem* importar mais. Veit et al. mediram uma rede treinada: ali, os curtos de fato importam mais.

# %% [markdown] lang="en"
# ## What a net can be, and what training finds
#
# Is it true that a deeper residual net is at least as good as a shallower one? To find out, you will append new blocks to a trained
# net. What they do to its answers depends on the numbers with which they start.
#
# A BasicBlock, which you will build in lesson 03, runs the following layers in this order (`conv` is a convolution, `bn` a BatchNorm):

# %% [markdown] lang="pt"
# ## O que uma rede pode ser e o que o treino encontra
#
# É verdade que uma rede residual mais profunda é pelo menos tão boa quanto uma mais rasa? Para descobrir, você vai acrescentar blocos
# novos a uma rede treinada. O que eles fazem com as respostas dela depende dos números com que começam.
#
# Um BasicBlock, que você vai construir na lição 03, executa as camadas seguintes, nesta ordem (`conv` é uma convolução, `bn`, uma
# BatchNorm):

# %% tags=["nbval-check-output"]
shape_table(BasicBlock(4, 4), torch.randn(1, 4, 8, 8))

# %% [markdown] lang="en"
# Its $F(x)$ ends with `bn2`; then come the sum and the last `relu`. A BatchNorm first normalises each channel (a channel is one of
# the images that a layer outputs) to mean 0 and standard deviation 1; then it multiplies by its `weight` and adds its `bias`, two learned
# numbers per channel. In a new BatchNorm the `weight` is 1 and the `bias` 0. Goyal et al. (2017, section 5.1) let the `weight` of
# a block's last BatchNorm start at 0 instead. In a new block, what does $F(x)$ then become?

# %% [markdown] lang="pt"
# A $F(x)$ dele termina na `bn2`; depois vêm a soma e a última `relu`. Uma BatchNorm primeiro leva cada canal (um canal é uma das
# imagens que uma camada produz) à média 0 e ao desvio-padrão 1; depois multiplica pelo seu `weight` e soma o seu `bias`, dois
# números por canal que ela aprende. Em uma BatchNorm nova, o `weight` é 1 e o `bias` é 0. Goyal et al. (2017, seção 5.1) fazem o
# `weight` da última BatchNorm de cada bloco começar em 0. Em um bloco novo, o que acontece então com $F(x)$?

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
# | `Bottleneck`, the block of lesson 04 | `bn1`, `bn2`, `bn3` |
#
# A shortcut that has to change the shape of $x$ (`downsample`, a projection) has its own BatchNorm, which stays as it is. So does
# everything else: like torchvision, your function leaves even the biases alone. (In a new block they are 0 anyway; in a block that
# has been trained they are not.) The weight remains a parameter that can learn: `nn.init.zeros_(tensor)` fills a parameter with 0 in
# place.

# %% [markdown] lang="pt" banner="identity-init"
# ## Exercício 5 · `zero_init_residual`
#
# *Por que isso importa:* a própria
# [`ResNet`](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py) do torchvision tem um argumento com
# exatamente este nome.
#
# `zero_init_residual(block)` zera o `weight` da **última** BatchNorm do bloco, *in-place* (no próprio tensor, sem criar
# outro), e não devolve nada.
#
# | bloco | BatchNorms dele, em ordem |
# |---|---|
# | `BasicBlock` | `bn1`, `bn2` |
# | `Bottleneck`, o bloco da lição 04 | `bn1`, `bn2`, `bn3` |
#
# Um atalho que precisa mudar a forma de $x$ (`downsample`, uma projeção) tem uma BatchNorm própria, que fica como está. Todo o resto
# também fica como está: assim como o torchvision, a sua função não mexe nem nos vieses. (Em um bloco novo, eles já são 0; em um bloco
# treinado, não.) O peso continua sendo um parâmetro que pode aprender: `nn.init.zeros_(tensor)` preenche um parâmetro com 0,
# *in-place*.


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
# `isinstance(block, Bottleneck)` is true for a `Bottleneck`. Or you can ask `hasattr(block, "bn3")`.
# </details>
# <details><summary>Hint: “a leaf Variable that requires grad is being used in an in-place operation”</summary>
#
# PyTorch keeps watch over parameters. The functions in `nn.init` are made for changing them; so is a block `with torch.no_grad():`.
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
# ### Ten more blocks: what changes?
#
# The cell trains a small residual net briefly and has it classify 1,000 digits that it has never seen. Then it appends ten new
# blocks to the last stage (the last group of blocks).
#
# **Predict.** How many of the 1,000 answers change with ten blocks as they come (`fresh`)? And how many with ten that have gone
# through your `zero_init_residual` (`zero_init`)? For `zero_init` write a whole number from 0 to 1,000; for `fresh`, `"few"` (at most
# 100) or `"many"`.

# %% [markdown] lang="pt"
# ### Dez blocos a mais: o que muda?
#
# A célula treina rapidamente uma pequena rede residual e a faz classificar 1.000 dígitos que ela nunca viu. Depois, acrescenta dez
# blocos novos ao último estágio (o último grupo de blocos).
#
# **Preveja.** Das 1.000 respostas, quantas mudam com dez blocos recém-criados (`fresh`)? E quantas com dez que passaram pela sua
# `zero_init_residual` (`zero_init`)? Para `zero_init`, escreva um número inteiro de 0 a 1.000; para `fresh`, `"few"` (poucas: no máximo
# 100) ou `"many"` (muitas).

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
# **Explanation.** Fresh blocks change hundreds of the answers. With `zero_init` not one answer changes, and not one number: with
# `weight` and `bias` 0, the last BatchNorm returns 0, so $F(x) = 0$ for every $x$. (In a block with trained biases, $F(x)$ would not be 0.)
# The block returns $\mathrm{ReLU}(F(x) + x)$; that is now $x$ itself, because $x$ comes out of the previous block's ReLU and has no
# negative numbers.
#
# Is such a block dead? The cell takes two training steps with one batch. In each step, which parameters of the first new block get a
# gradient other than 0? It prints their names.

# %% [markdown] lang="pt"
# **Explicação.** Os blocos recém-criados mudam centenas de respostas. Com `zero_init`, não muda nenhuma, nem um número sequer: com
# `weight` e `bias` 0, a última BatchNorm devolve 0, e por isso $F(x) = 0$ para todo $x$. (Em um bloco com vieses treinados, $F(x)$ não
# seria 0.) O bloco devolve $\mathrm{ReLU}(F(x) + x)$, que agora é o próprio $x$, pois $x$ sai da ReLU do bloco anterior e não tem números
# negativos.
#
# Um bloco assim está morto? A célula dá dois passos de treino com um mesmo lote. Em cada passo, quais parâmetros do primeiro dos
# blocos novos recebem um gradiente diferente de 0? Ela imprime os nomes.

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
    alive = [name for name, weight in block.named_parameters() if weight.grad.any()]
    print(f"step {step}:", ", ".join(alive))
    # pt: print(f"passo {step}:", ", ".join(alive))
    optimizer.step()

# %% [markdown] lang="en"
# In the first step only `bn2` learns: whatever the convolutions do is multiplied by 0. After that one step its weight is no
# longer 0, and in the second step the whole block learns.
#
# So a deeper residual net *can* represent whatever a shallower one represents: in that sense it is at least as good. What training
# **finds** is a different question. plain-56 of lesson 01 could have copied plain-20 too, and in three runs came nowhere near it. You
# have seen one difference: starting from its initial weights, the residual stack got close to the identity within 100 steps, and the
# plain stack did not.

# %% [markdown] lang="pt"
# No primeiro passo só a `bn2` aprende: o que quer que as convoluções façam é multiplicado por 0. Depois desse único passo, o
# peso dela já não é 0, e no segundo passo o bloco inteiro aprende.
#
# Portanto, uma rede residual mais profunda *pode* representar tudo o que uma mais rasa representa; nesse sentido, é pelo menos tão
# boa quanto ela. O que o treino **encontra** é outra questão. A plain-56 da lição 01 também poderia ter copiado a plain-20, e em três
# execuções não chegou nem perto. Você viu uma diferença: partindo dos pesos iniciais, a pilha residual chegou perto da identidade em
# 100 passos, e a pilha sem atalhos não.

# %% [markdown] lang="en"
# ### How often is the road closed?
#
# Back to the ReLU after the sum: where a block returns exactly 0, no gradient comes back. Now you have a trained net in which
# to measure how often that happens.
# **Predict:** of all the numbers that its last block returns for the 1,000 digits, what share is 0? Write a number between 0 and 1;
# within 0.1 is near enough.

# %% [markdown] lang="pt"
# ### Quantas vezes a estrada está fechada?
#
# Voltemos à ReLU depois da soma: onde um bloco devolve exatamente 0, não volta gradiente nenhum. Agora você tem uma rede treinada e pode
# medir nela com que frequência isso acontece. **Preveja:** de todos os números que o último bloco dela devolve para os 1.000 dígitos, que fração é 0? Escreva um número
# entre 0 e 1; um erro de até 0,1 está bom.

# %% predict="closed"
### BEGIN SOLUTION
# was: closed_prediction = {"share_of_zeros": ...}
closed_prediction = {"share_of_zeros": 0.4}
### END SOLUTION

# %%
expect(closed_prediction, {"share_of_zeros": (0, 1)})

with torch.no_grad():
    signal = net.relu(net.bn1(net.conv1(unseen)))
    for number, block in enumerate([*net.layer1, *net.layer2, *net.layer3], start=1):
        signal = block(signal)
        zeros = (signal == 0).float().mean().item()
        print(f"block {number}: {zeros:.0%}")
        # pt: print(f"bloco {number}: {zeros:.0%}")
compare_prediction(closed_prediction, {"share_of_zeros": zeros}, within=0.1)

# %% [markdown] lang="en"
# **Explanation.** At each block the ReLU closes part of the road, for the signal and for the gradient: not enough to stop a net of a
# hundred layers from training (lesson 05), but the road is less free than the formula $1 + F'$ suggests. What becomes of nets of hundreds of
# layers when it *is* free is the subject of lesson 08.

# %% [markdown] lang="pt"
# **Explicação.** Em cada bloco, a ReLU fecha uma parte da estrada, para o sinal e para o gradiente: não a ponto de impedir o
# treino de uma rede de cem camadas (lição 05), mas a estrada não é tão livre quanto a fórmula $1 + F'$ faria supor. O que
# acontece com redes de centenas de camadas quando
# ela *é* livre é o assunto da lição 08.

# %% [markdown] lang="en"
# ## What you take with you
#
# - $H(x) = F(x) + x$: the layers learn the difference. “Do nothing” is just $F = 0$.
# - A block multiplies the gradient by $1 + F'$, in many dimensions by $I + J_F$.
# - The 1 is a road, not a guarantee: slopes of $F$ between $-2$ and 0 weaken the gradient ($-1$ cancels it); large slopes make it
#   explode. In a real block, a ReLU on the road multiplies by 0 or 1.
# - $L$ blocks have $2^L$ paths. In a trained ResNet-110, nearly all of the gradient arrives along short paths (Veit et al., 2016).
# - A deeper residual net *can* be as good as a shallower one. Whether training finds such weights is another question.
#
# **Next:** in lesson 03 you build the block that ResNet-18 and ResNet-34 are made of.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - $H(x) = F(x) + x$: as camadas aprendem a diferença. “Não fazer nada” é só $F = 0$.
# - Um bloco multiplica o gradiente por $1 + F'$; em muitas dimensões, por $I + J_F$.
# - O 1 é uma estrada, não uma garantia: inclinações de $F$ entre $-2$ e 0 enfraquecem o gradiente ($-1$ o zera);
#   inclinações grandes o fazem explodir. Em blocos de verdade, uma ReLU na estrada multiplica por 0 ou 1.
# - $L$ blocos têm $2^L$ caminhos. Em uma ResNet-110 treinada, quase todo o gradiente vem por caminhos curtos (Veit et al., 2016).
# - Uma rede residual mais profunda *pode* ser tão boa quanto uma mais rasa. Outra questão é se o treino encontra pesos assim.
#
# **A seguir:** na lição 03 você constrói o bloco da ResNet-18 e da ResNet-34.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): section 3.1
#   sets out the idea of this lesson.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): equation 5 is
#   the gradient with its 1; section 3 shows what goes wrong when the shortcut is scaled.
# - Veit, Wilber, Belongie (2016), [Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks](https://arxiv.org/abs/1605.06431): the paths.
# - Balduzzi et al. (2017), [The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591): what can be wrong with the gradients
#   of plain nets even if they do not vanish.
# - Goyal et al. (2017), [Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677): blocks that start as the identity.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): a seção 3.1
#   apresenta a ideia desta lição.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): a equação 5 é o
#   gradiente com o seu 1; a seção 3 mostra o que dá errado quando o atalho é multiplicado por um fator.
# - Veit, Wilber, Belongie (2016), [Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks](https://arxiv.org/abs/1605.06431): os caminhos.
# - Balduzzi et al. (2017), [The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591): o que pode haver de errado com os
#   gradientes das redes simples mesmo quando não somem.
# - Goyal et al. (2017), [Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677): blocos que começam como a identidade.

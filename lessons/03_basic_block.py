# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 03 · The BasicBlock: two convolutions and a shortcut
#
# In lesson 02 you saw why adding $x$ helps. Now you build the part that does the adding: the block of ResNet-18 and ResNet-34, so faithful to the original that the official weights fit into it.
#
# **You will be able to**
# - write the block from its picture, and say why each piece is where it is;
# - bring the shortcut to the right shape when the block changes the image size or the number of channels;
# - find bugs that neither shapes nor error messages reveal.
#
# Plan for about 110 minutes. Everything runs on a laptop, without a GPU or an internet connection.

# %% [markdown] lang="pt"
# # 03 · O BasicBlock: duas convoluções e um atalho
#
# Na lição 02 você viu por que somar $x$ ajuda. Agora vai construir a peça que faz essa soma: o bloco da ResNet-18 e da ResNet-34, tão fiel ao original que os pesos oficiais se encaixam nele.
#
# **Ao final, você saberá**
# - escrever o bloco a partir da figura e dizer por que cada peça está onde está;
# - dar ao atalho a forma certa quando o bloco muda o tamanho da imagem ou o número de canais;
# - encontrar erros que nem as formas nem as mensagens de erro revelam.
#
# Reserve cerca de 110 minutos. Tudo roda em um laptop comum, sem GPU e sem internet.

# %% setup=true

# %%
import torch
from torch import nn
from torch.nn import functional as F

from resnet_course import blocks, checks, data, plots
from resnet_course.compare import first_divergence
from resnet_course.predictions import compare_prediction, expect
from resnet_course.shapes import shape_table

_ = torch.manual_seed(0)

# %% [markdown] lang="en"
# ## The picture first
#
# This is the block that you will have built by the middle of the lesson. The picture is drawn from a real block: each box is a layer that ran, with the shape of its output written under it (channels × height × width).

# %% [markdown] lang="pt"
# ## Primeiro, a figura
#
# Este é o bloco que, na metade da lição, você terá construído. A figura foi desenhada a partir de um bloco de verdade:
# cada caixa é uma camada que foi executada, e embaixo dela está a forma da saída (canais × altura × largura).

# %%
reference = blocks.BasicBlock(8, 8)
plots.block_diagram("03_basic_block.figures.block", reference, torch.zeros(1, 8, 28, 28))

# %% [markdown] lang="en"
# Two paths lead from $x$ to the sum. The straight one computes a correction $F(x)$ with two [convolutions](glossary:convolution), each followed by
# BatchNorm (BN). The blue one, the [**shortcut**](glossary:shortcut) (*skip connection*, *residual connection*), carries $x$ to the sum unchanged.
#
# $$y = \mathrm{ReLU}\big(F(x) + x\big), \qquad F(x) = \mathrm{BN}_2\Big(W_2 * \mathrm{ReLU}\big(\mathrm{BN}_1(W_1 * x)\big)\Big)$$
#
# The star $*$ is convolution. How many of these blocks do the famous nets have? A net's blocks are grouped into four [stages](glossary:stage); within a stage, all blocks return images of the same size. For each net the cell prints the blocks in each stage, the number of blocks altogether, and how
# many layers that makes: two convolutions per block, plus one convolution at the start and a linear layer at the end.

# %% [markdown] lang="pt"
# Dois caminhos levam de $x$ à soma. O reto calcula uma correção $F(x)$ com duas [convoluções](glossary:convolution), cada uma seguida de
# BatchNorm (BN). O azul, o [**atalho**](glossary:shortcut) (*conexão residual*, *skip connection*), leva $x$ até a soma sem nenhuma mudança.
#
# $$y = \mathrm{ReLU}\big(F(x) + x\big), \qquad F(x) = \mathrm{BN}_2\Big(W_2 * \mathrm{ReLU}\big(\mathrm{BN}_1(W_1 * x)\big)\Big)$$
#
# A estrela $*$ é a convolução. Quantos desses blocos há nas redes famosas? Os blocos de uma rede se agrupam em quatro [estágios](glossary:stage); dentro
# de um estágio, todos os blocos devolvem imagens do mesmo tamanho. Para cada rede, a célula imprime os blocos de cada estágio, o total de blocos e
# quantas camadas isso dá: duas convoluções por bloco, mais uma convolução no começo e uma camada linear no fim.

# %% tags=["nbval-check-output"]
for name, stages in {"resnet18": [2, 2, 2, 2], "resnet34": [3, 4, 6, 3]}.items():
    print(name, stages, sum(stages), 2 * sum(stages) + 2)

# %% [markdown] lang="en"
# The last column explains the names ResNet-18 and ResNet-34.
#
# ## A real digit
#
# Let us work with real handwriting: MNIST-5k, 5,000 digits that came with the installation. On the right of the figure, the part inside the frame is shown as numbers. Numbers like these are all that the net sees.

# %% [markdown] lang="pt"
# A última coluna explica os nomes ResNet-18 e ResNet-34.
#
# ## Um dígito de verdade
#
# Vamos trabalhar com dígitos de verdade, escritos à mão: o MNIST-5k, com 5.000 dígitos, que veio com a instalação. À
# direita, na figura abaixo, a parte dentro da moldura aparece em números. Números assim são tudo o que a rede enxerga.

# %%
seven = data.digit(7)
plots.image("03_basic_block.figures.digit", seven, figures={"label": 7})

# %% [markdown] lang="en"
# ## One convolution: what happens to the size?
#
# A window of 3 × 3 weights slides over the digit. At each place it multiplies the nine pixels under it by its nine weights and adds up the nine products: that sum is one pixel of the result. Padding adds a border of zeros around the digit; the stride says how many pixels the window moves at a time.
#
# **Predict.** The digit has 28 × 28 pixels. What is the height of the result in each case?
#
# | key | [padding](glossary:padding) | [stride](glossary:stride) |
# |---|---|---|
# | `p0_s1` | 0 | 1 |
# | `p1_s1` | 1 | 1 |
# | `p1_s2` | 1 | 2 |
#
# Replace each `...` with a whole number. A wrong guess costs nothing and helps you remember.

# %% [markdown] lang="pt"
# ## Uma convolução: o que acontece com o tamanho?
#
# Uma janela de 3 × 3 pesos desliza sobre o dígito. Em cada lugar, ela multiplica os nove pixels que cobre pelos seus nove pesos e soma os nove produtos: essa soma é um pixel do resultado. O preenchimento acrescenta uma borda de zeros em volta do dígito; o passo diz quantos pixels a janela anda de cada vez.
#
# **Preveja.** O dígito tem 28 × 28 pixels. Qual é a altura do resultado em cada caso?
#
# | chave | [preenchimento](glossary:padding) (*padding*) | [passo](glossary:stride) (*stride*) |
# |---|---|---|
# | `p0_s1` | 0 | 1 |
# | `p1_s1` | 1 | 1 |
# | `p1_s2` | 1 | 2 |
#
# Troque cada `...` por um número inteiro. Um palpite errado não custa nada e ajuda a lembrar.

# %% predict="sizes"
### BEGIN SOLUTION
# was: sizes_prediction = {"p0_s1": ..., "p1_s1": ..., "p1_s2": ...}
sizes_prediction = {"p0_s1": 26, "p1_s1": 28, "p1_s2": 14}
### END SOLUTION

# %% [markdown] lang="en"
# Now run the next cell and compare.

# %% [markdown] lang="pt"
# Agora execute a próxima célula e compare.

# %% tags=["nbval-check-output"]
expect(sizes_prediction, {"p0_s1": int, "p1_s1": int, "p1_s2": int})

window = torch.ones(1, 1, 3, 3)
compare_prediction(
    sizes_prediction,
    {
        "p0_s1": F.conv2d(seven, window).shape[2],
        "p1_s1": F.conv2d(seven, window, padding=1).shape[2],
        "p1_s2": F.conv2d(seven, window, padding=1, stride=2).shape[2],
    },
)

# %% [markdown] lang="en"
# **Explanation.** Without padding the result loses one pixel on each side. One pixel of padding makes up for that: height and width
# stay the same, and only then can $F(x)$ be added to $x$. With stride 2 the window skips every second position. In general, for a 3 × 3 window (the half brackets mean: round down):
#
# $$H_\text{out} = \left\lfloor \frac{H + 2\,\text{padding} - 3}{\text{stride}} \right\rfloor + 1$$
#
# With padding 1 this is `ceil(H / stride)`, the quotient rounded up.
#
# ## Why the convolution has no bias
#
# A BatchNorm follows each convolution. From each [channel](glossary:channel) it subtracts the mean over the batch, and a [bias](glossary:bias) is a constant that becomes part of that mean. Let us turn ten real digits into eight channels each, add a bias of 5, and see what is left of it after the BatchNorm.

# %% [markdown] lang="pt"
# **Explicação.** Sem preenchimento, o resultado perde um pixel de cada lado. Um pixel de preenchimento compensa isso:
# altura e largura se mantêm; só assim $F(x)$ pode ser somado a $x$. Com passo 2, a janela pula uma posição a cada duas. Em geral, para uma janela 3 × 3 (colchetes sem a parte de cima: arredondar para baixo):
#
# $$H_\text{out} = \left\lfloor \frac{H + 2\,\text{padding} - 3}{\text{stride}} \right\rfloor + 1$$
#
# Com preenchimento 1, isso é `ceil(H / stride)`, a divisão arredondada para cima.
#
# ## Por que a convolução não tem viés
#
# Depois de cada convolução vem uma BatchNorm. Em cada [canal](glossary:channel) ela subtrai a média do lote, e um [viés](glossary:bias) é uma constante que entra nessa média. Vamos transformar cada um de dez dígitos em oito canais, somar um viés (*bias*) de 5 e ver o que resta dele após a BatchNorm.

# %%
digits = torch.cat([data.digit(label) for label in range(10)])
torch.manual_seed(0)
features = F.conv2d(digits, torch.randn(8, 1, 3, 3), padding=1)
norm = nn.BatchNorm2d(8)
bias_left = (norm(features + 5) - norm(features)).abs().max().item()
print(f"{bias_left:.0e}")

# %% [markdown] lang="en"
# Nothing is left but a rounding error. (`e-06` stands for millionths: `1e-06` is 0.000001.) Such a bias would be a parameter that never does
# anything, so we write `bias=False`. In evaluation mode, which you will meet below, BatchNorm subtracts a stored mean, which would contain the bias as well.
#
# The next figure shows the eight channels before and after BatchNorm. Whatever a channel's mean and spread, BatchNorm subtracts the mean and divides by the spread. Then it multiplies by a scale and adds a shift, two learned numbers per channel. (They start at 1 and 0, so here they change nothing.)

# %% [markdown] lang="pt"
# Não sobra nada além de um erro de arredondamento. (`e-06` quer dizer milionésimos: `1e-06` é 0,000001.) Esse viés seria um parâmetro que nunca
# faz nada; por isso escrevemos `bias=False`. No modo de avaliação, que aparece mais adiante, a BatchNorm subtrai uma média guardada, que também conteria o viés.
#
# A próxima figura mostra os oito canais antes e depois da BatchNorm. Sejam quais forem a média e a dispersão de um canal, a BatchNorm subtrai a média e divide pela dispersão. Depois ela multiplica por uma escala e soma um deslocamento, dois números aprendidos para cada canal. (Eles começam em 1 e 0, e por isso aqui não mudam nada.)

# %%
plots.channel_statistics("03_basic_block.figures.before-after-norm", features, norm(features))

# %% [markdown] lang="en" banner="conv3x3"
# ## Exercise 1 · `conv3x3`
#
# *Why it matters:* every 3 × 3 convolution in the course is made like this one. Get size, stride and bias right here, once, and you
# need not think about them again.
#
# Return an `nn.Conv2d` with a 3 × 3 window, the given `stride` and no bias; at stride 1 it must keep height and width. It turns `in_planes` channels into `out_planes`: each channel that leaves has a filter of its own, with one 3 × 3 window of weights for *every* channel that enters. At each place the filter adds up the products from all its windows.

# %% [markdown] lang="pt" banner="conv3x3"
# ## Exercício 1 · `conv3x3`
#
# *Por que isso importa:* toda convolução 3 × 3 do curso é feita como esta. Acerte tamanho, passo e viés aqui, uma vez, e não
# precisará mais pensar neles.
#
# Devolva uma `nn.Conv2d` com janela 3 × 3, com o passo `stride` e sem viés; com passo 1, ela deve manter altura e largura. Ela transforma `in_planes` canais em `out_planes`: cada canal que sai tem um filtro próprio, com uma janela 3 × 3 de pesos para *cada* canal que entra. Em cada lugar, o filtro soma os produtos de todas as suas janelas.

# %% exercise="conv3x3" difficulty=1 minutes=5
def conv3x3(in_planes, out_planes, stride=1):
    """[N, in_planes, H, W] -> [N, out_planes, ceil(H / stride), ceil(W / stride)]"""
    ### BEGIN SOLUTION
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)
    ### END SOLUTION


# %% check="conv3x3" points=1
checks.conv3x3(conv3x3)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# One line is enough. `nn.Conv2d` takes the channels that come in, the channels that go out, and then the named arguments
# `kernel_size`, `stride`, `padding` and `bias`. You have just seen what each of them does.
# </details>
# <details><summary>Hint: “The check says that my image shrinks”</summary>
#
# With a 3 × 3 window the image loses one pixel on each side. How many pixels of padding, on each side, give them back?
# </details>
# <details><summary>Hint: “It is right at stride 1 and wrong at stride 2”</summary>
#
# Does the `stride` that enters your function reach `nn.Conv2d`?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Uma linha basta. `nn.Conv2d` recebe os canais que entram, os canais que saem e, depois, os argumentos nomeados
# `kernel_size`, `stride`, `padding` e `bias`. Você acabou de ver o que cada um faz.
# </details>
# <details><summary>Dica: “A verificação diz que minha imagem encolhe”</summary>
#
# Com uma janela 3 × 3, a imagem perde um pixel de cada lado. Quantos pixels de preenchimento, de cada lado, compensam isso?
# </details>
# <details><summary>Dica: “Está certo com passo 1 e errado com passo 2”</summary>
#
# O `stride` que entra na sua função chega até a `nn.Conv2d`?
# </details>

# %% [markdown] lang="en"
# ## Why the addition comes before the last ReLU
#
# There are two orders, and they look alike. Which one is in the picture?
#
# | block | order | formula |
# |---|---|---|
# | A | add, then ReLU | $\mathrm{ReLU}(F(x) + x)$ |
# | B | ReLU, then add | $\mathrm{ReLU}(F(x)) + x$ |
#
# **Predict.** Twenty blocks with random weights are connected in a row, and ten digits go through them. Which order ends with the larger mean
# activation? Write `"A"` or `"B"`.

# %% [markdown] lang="pt"
# ## Por que a soma vem antes da última ReLU
#
# Há duas ordens, e elas se parecem. Qual delas está na figura?
#
# | bloco | ordem | fórmula |
# |---|---|---|
# | A | somar, depois ReLU | $\mathrm{ReLU}(F(x) + x)$ |
# | B | ReLU, depois somar | $\mathrm{ReLU}(F(x)) + x$ |
#
# **Preveja.** Vinte blocos com pesos aleatórios são ligados em sequência, e dez dígitos passam por eles. Qual ordem termina com a
# maior ativação média? Escreva `"A"` ou `"B"`.

# %% predict="order"
### BEGIN SOLUTION
# was: order_prediction = {"larger": ...}
order_prediction = {"larger": "B"}
### END SOLUTION

# %% [markdown] lang="en"
# The function below computes $F(x)$, and the loop goes through the row of blocks. Both orders get the same weights. In this lesson's code, `F` is `torch.nn.functional`, PyTorch's collection of functions, and not the $F$ of the formulas. (The two arguments `None` stand in for a stored mean and variance, which are not needed here.)

# %% [markdown] lang="pt"
# A função abaixo calcula $F(x)$, e o laço percorre a sequência de blocos. As duas ordens recebem os mesmos pesos. No código desta lição, `F` é `torch.nn.functional`, a coleção de funções do PyTorch, e não a $F$ das fórmulas. (Os dois argumentos `None` estão no lugar da média e da variância guardadas, que aqui não são necessárias.)

# %%
expect(order_prediction, {"larger": ["A", "B"]})


def residual(x, w1, w2):
    """F(x): conv - BN - ReLU - conv - BN"""
    out = F.relu(F.batch_norm(F.conv2d(x, w1, padding=1), None, None, training=True))
    return F.batch_norm(F.conv2d(out, w2, padding=1), None, None, training=True)


torch.manual_seed(0)
a = b = F.relu(norm(features)).detach()
means_a, means_b = [a.mean().item()], [b.mean().item()]
for _ in range(20):
    w1, w2 = torch.randn(2, 8, 8, 3, 3)
    a = F.relu(residual(a, w1, w2) + a)
    b = F.relu(residual(b, w1, w2)) + b
    means_a.append(a.mean().item())
    means_b.append(b.mean().item())

compare_prediction(order_prediction, {"larger": "A" if means_a[-1] > means_b[-1] else "B"})

# %% [markdown] lang="en"
# The figure shows how the difference arises along the way.

# %% [markdown] lang="pt"
# A figura mostra como a diferença surge ao longo do caminho.

# %%
plots.lines(
    "03_basic_block.figures.signal",
    x=range(21),
    series={"before": means_a, "after": means_b},
    colors={"before": "accent", "after": "pink"},
    figures={"before": means_a[-1], "after": means_b[-1]},
)

# %% [markdown] lang="en"
# **Explanation.** What comes out of a ReLU is never negative. So in order B a block can only add to $x$ and never take anything away, and
# the signal climbs block by block. In order A, the one in the picture, the sum can also be smaller than $x$, and the signal climbs far more slowly. (It does still climb: see lesson 08.)
#
# Does it matter in training? He et al. (2016, *Identity Mappings in Deep Residual Networks*, table 2) tried order B in ResNet-110 on
# CIFAR-10 and got a test error of 7.84%, against 6.61% for order A (medians of five runs). The original net's best of five runs, 6.43%, is quoted more often (He et al., 2015, table 6).

# %% [markdown] lang="pt"
# **Explicação.** O que sai de uma ReLU nunca é negativo. Na ordem B, portanto, um bloco só pode acrescentar algo a $x$, nunca tirar, e o
# sinal sobe de bloco em bloco. Na ordem A, a da figura, a soma também pode ser menor que $x$, e o sinal sobe bem mais devagar.
# (Mas ainda sobe: veja a lição 08.)
#
# Isso importa no treino? He et al. (2016, *Identity Mappings in Deep Residual Networks*, tabela 2) testaram a ordem B na ResNet-110
# com o CIFAR-10: o erro de teste foi de 7,84%, contra 6,61% na ordem A (medianas de cinco execuções). Da rede original, o número mais citado é o da melhor de cinco execuções, 6,43% (He et al., 2015, tabela 6).

# %% [markdown] lang="en"
# ### The price: a ReLU on the gradient's road
#
# In order A the last ReLU acts on the sum, and so on the shortcut too. You know the price from lesson 02: on its way back through
# $F(x) + x$, the gradient is multiplied by $F' + 1$, and also by the slope of the ReLU, which is 1 or 0. To see this slope alone, the cell takes a block with $F = 0$
# (as in lesson 02), so that nothing is left but the shortcut and the last ReLU: $y = \mathrm{ReLU}(x)$. The cell sends random numbers forwards and a gradient of 1 backwards. It prints which gradients arrive at $x$, and what share of them is 0.

# %% [markdown] lang="pt"
# ### O preço: uma ReLU na estrada do gradiente
#
# Na ordem A, a última ReLU age sobre a soma e, com isso, também sobre o atalho. Você conhece o preço desde a lição 02: na volta por
# $F(x) + x$, o gradiente é multiplicado por $F' + 1$ e também pela inclinação da ReLU, que é 1 ou 0. Para ver só essa inclinação, a célula pega
# um bloco com $F = 0$ (como na lição 02), de modo que só sobram o atalho e a última ReLU: $y = \mathrm{ReLU}(x)$. A célula manda números aleatórios na ida e um gradiente de 1 na volta. Ela imprime quais gradientes chegam a $x$ e que fração deles é 0.

# %%
torch.manual_seed(0)
silent = blocks.BasicBlock(8, 8)
nn.init.zeros_(silent.bn2.weight)  # F(x) = 0
signal = torch.randn(10, 8, 28, 28, requires_grad=True)
silent(signal).sum().backward()
arriving = signal.grad.unique().tolist()
closed = (signal.grad == 0).float().mean().item()
print(f"{arriving=} {closed=:.0%}")
# pt: print(f"chegam={arriving!r} fechada={closed:.0%}")

# %% [markdown] lang="en"
# Along the shortcut the gradient comes back either whole or not at all. Here the road is closed wherever the random $x$ is negative. In a real row of blocks $x$ is never negative, because it comes out of the previous block's ReLU. There the road is closed only where $F(x)$ takes all of $x$ away, or where $x$ is already 0 and $F(x)$ adds nothing. In lesson 02 you measured how often that happens in a small trained net, and it was not rare. He et al. (2016) clear the road by putting BN and ReLU before the convolutions instead: see lesson 08, `08_identity_mappings`.

# %% [markdown] lang="pt"
# Pelo atalho, o gradiente volta inteiro ou não volta. Aqui, a estrada se fecha onde o $x$ aleatório é negativo. Em uma sequência de blocos de verdade, $x$ nunca é negativo, porque sai da ReLU do bloco anterior. Lá, a estrada só se fecha onde $F(x)$ anula $x$ por inteiro, ou onde $x$ já era 0 e $F(x)$ não acrescenta nada. Na lição 02, você mediu com que frequência isso acontece em uma pequena rede treinada, e não era raro. He et al. (2016) liberam a estrada pondo BN e ReLU antes das convoluções: veja a lição 08, `08_identity_mappings`.

# %% [markdown] lang="en" banner="basic-block"
# ## Exercise 2 · `BasicBlock`
#
# *Why it matters:* ResNet-18 and ResNet-34 are rows of such blocks, and the class that you will write in lesson 05 builds nets out of them.
#
# Write the class with your `conv3x3`. *Plane* is another word for channel: `inplanes` of them come in, `planes` go out. `expansion` is the factor by which the net multiplies `planes` to find out how many channels leave the block; here it is 1. The names of the layers are part of the task, because the
# official weights are matched to the layers by name. Use `conv1`, `bn1`, `relu`, `conv2`, `bn2` and `downsample`, and no others. (`relu` has no weights.)
#
# | equation | code |
# |---|---|
# | $W_1 * x$ | `self.conv1(x)`, which takes the block's `stride` |
# | $\mathrm{BN}_1$, $\mathrm{BN}_2$ | `nn.BatchNorm2d(planes)` |
# | the shortcut | `x`, or `self.downsample(x)` if a `downsample` was given (you will see why in Exercise 3) |
# | $F(x) + x$ | `+`, before the last ReLU |

# %% [markdown] lang="pt" banner="basic-block"
# ## Exercício 2 · `BasicBlock`
#
# *Por que isso importa:* a ResNet-18 e a ResNet-34 são sequências desses blocos, e a classe que você vai escrever na lição 05 monta redes com eles.
#
# Escreva a classe com a sua `conv3x3`. Em inglês, *plane* é outro nome para canal: entram `inplanes`, saem `planes`. `expansion` é o fator pelo qual a rede multiplica `planes` para saber quantos canais saem do bloco; aqui, ele vale 1. Os nomes das camadas fazem parte da tarefa, porque os pesos oficiais são
# atribuídos às camadas pelo nome. Use `conv1`, `bn1`, `relu`, `conv2`, `bn2` e `downsample`, e nenhum outro. (A `relu` não tem pesos.)
#
# | equação | código |
# |---|---|
# | $W_1 * x$ | `self.conv1(x)`, que recebe o `stride` do bloco |
# | $\mathrm{BN}_1$, $\mathrm{BN}_2$ | `nn.BatchNorm2d(planes)` |
# | o atalho | `x`, ou `self.downsample(x)` se algum `downsample` foi passado (o exercício 3 mostra por quê) |
# | $F(x) + x$ | `+`, antes da última ReLU |

# %% exercise="basic-block" difficulty=3 minutes=25
class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample
        ### END SOLUTION

    def forward(self, x):
        """[N, inplanes, H, W] -> [N, planes, ceil(H / stride), ceil(W / stride)]"""
        ### BEGIN SOLUTION
        identity = x if self.downsample is None else self.downsample(x)

        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))

        return self.relu(out + identity)
        ### END SOLUTION


# %% check="basic-block" points=4
checks.basic_block(BasicBlock)

# %% [markdown] lang="en"
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# Read the picture from left to right. Each box becomes one line in `__init__` (make the layer) and one line in `forward`
# (use it). `relu` is made once and used twice.
# </details>
# <details><summary>Hint: “A size mismatch at the addition, but only with stride 2”</summary>
#
# Then `out` is smaller than `x`. Whoever builds the block gives it a `downsample` that makes `x` smaller too. Does your `forward`
# ask whether there is one, and use it?
# </details>
# <details><summary>Hint: “The shapes are right and the numbers are not”</summary>
#
# Compare the order with the picture: conv1, bn1, ReLU, conv2, bn2, **add**, ReLU. Then look at the shortcut: is `identity`
# really the `x` that came in?
# </details>
# <details><summary>Hint: “Show me the skeleton”</summary>
#
# ```python
# identity = ...                 # x, or downsample of x
# out = ...                      # conv1, bn1, relu
# out = ...                      # conv2, bn2
# return ...                     # relu of the sum
# ```
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# Leia a figura da esquerda para a direita. Cada caixa vira uma linha no `__init__` (criar a camada) e uma linha no
# `forward` (usá-la). A `relu` é criada uma vez e usada duas.
# </details>
# <details><summary>Dica: “Os tamanhos não batem na soma, mas só com passo 2”</summary>
#
# Nesse caso, `out` é menor que `x`. Quem constrói o bloco lhe entrega um `downsample` que também diminui `x`. O seu
# `forward` pergunta se existe um e o usa?
# </details>
# <details><summary>Dica: “As formas estão certas e os números não”</summary>
#
# Compare a ordem com a figura: conv1, bn1, ReLU, conv2, bn2, **soma**, ReLU. Depois olhe o atalho: `identity` é mesmo o
# `x` que entrou?
# </details>
# <details><summary>Dica: “Mostre-me o esqueleto”</summary>
#
# ```python
# identity = ...                 # x, ou downsample de x
# out = ...                      # conv1, bn1, relu
# out = ...                      # conv2, bn2
# return ...                     # relu da soma
# ```
# </details>

# %% [markdown] lang="en"
# ### Your block beside the official one
#
# Your layers have the official names, so torchvision's weights load into them. Here is the first block of torchvision's ResNet-18,
# with random weights (no download needed), next to yours. `eval()` makes BatchNorm use the mean and variance that it has stored
# instead of the batch's own. What is the largest difference between the two outputs?

# %% [markdown] lang="pt"
# ### O seu bloco ao lado do oficial
#
# Suas camadas têm os nomes oficiais, e por isso os pesos do torchvision se encaixam nelas. Aqui está o primeiro bloco da
# ResNet-18 do torchvision, com pesos aleatórios (sem baixar nada), ao lado do seu. `eval()` faz a BatchNorm usar a média e a
# variância que guardou, em vez das do próprio lote. Qual é a maior diferença entre as duas saídas?

# %% tags=["nbval-check-output"]
from torchvision.models import resnet18

image = torch.randn(1, 64, 56, 56)
official = resnet18(weights=None).layer1[0].eval()
mine = BasicBlock(64, 64).eval()
mine.load_state_dict(official.state_dict())
print((mine(image) - official(image)).abs().max().item())

# %% [markdown] lang="en"
# Zero: the numbers are not just close, they are identical. The table shows what ran inside your block, in order. Check the counts. Each convolution has 64 filters, each filter has 64 windows, and each window has 9 weights: 9 · 64 · 64. Each BatchNorm has two numbers per channel, and ReLU has none.

# %% [markdown] lang="pt"
# Zero: as saídas não são só parecidas, são exatamente os mesmos números. A tabela mostra o que foi executado dentro do seu bloco, em
# ordem. Faça as contas. Cada convolução tem 64 filtros, cada filtro tem 64 janelas, e cada janela tem 9 pesos: 9 · 64 · 64. Cada BatchNorm tem dois números por canal, e a ReLU não tem nenhum.

# %% tags=["nbval-check-output"]
shape_table(BasicBlock(64, 64), image)

# %% [markdown] lang="en"
# ### The seven inside your block
#
# Four simple filters turn the digit into four channels: brightness, horizontal edges, vertical edges, and blur. (Trained nets have
# filters like these in their first layer.) These channels are the block's $x$. Nothing has been trained: the weights of your block are random. How much does $F(x)$ still resemble $x$? And how much does the output $y$? So as not to depend on luck, the cell tries 100 random blocks. It prints the mean correlation with $x$ and its spread, first for $F(x)$, then for $y$. (A correlation of 1 means the same pattern; 0 means no resemblance.)

# %% [markdown] lang="pt"
# ### O sete dentro do seu bloco
#
# Quatro filtros simples transformam o dígito em quatro canais: brilho, bordas horizontais, bordas verticais e desfoque. (Redes treinadas
# têm filtros assim na primeira camada.) Esses canais são o $x$ do bloco. Nada foi treinado: os pesos do seu bloco são aleatórios. Quanto $F(x)$ ainda se parece com $x$? E a saída $y$? Para não depender da sorte, a célula testa 100 blocos aleatórios. Ela imprime a correlação média com $x$ e a sua dispersão, primeiro para $F(x)$, depois para $y$. (Uma correlação de 1 significa o mesmo padrão; 0, nenhuma semelhança.)

# %%
edge = torch.tensor([[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]])
dot = torch.tensor([[0.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]])
filters = torch.stack([dot, edge, edge.T, torch.full((3, 3), 4 / 9)]).unsqueeze(1)
x = F.conv2d(seven, filters, padding=1)


def two_paths(block, x):
    """F(x), and y = relu(F(x) + shortcut)"""
    # pt: """F(x), e y = relu(F(x) + shortcut)"""
    with torch.no_grad():
        correction = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
        shortcut = x if block.downsample is None else block.downsample(x)
        return correction, F.relu(correction + shortcut)


def correlation(a, b):
    return torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1]


torch.manual_seed(0)
paths = [two_paths(BasicBlock(4, 4), x) for _ in range(100)]
for results in zip(*paths, strict=True):
    found = torch.stack([correlation(x, result) for result in results])
    print(f"{found.mean():.2f} ± {found.std():.2f}")

# %% [markdown] lang="en"
# Here is the first of these blocks in pictures (green is positive, pink negative, white zero):

# %% [markdown] lang="pt"
# Aqui está o primeiro desses blocos em imagens (verde é positivo, rosa é negativo, branco é zero):

# %%
torch.manual_seed(0)
correction, y = two_paths(BasicBlock(4, 4), x)
plots.image_rows("03_basic_block.figures.features", {"input": x, "residual": correction, "sum": y})

# %% [markdown] lang="en"
# The correlation of a random $F(x)$ with $x$ is about zero on average, sometimes positive and sometimes negative; that of the output $y$ is
# high and varies little. (Here the numbers of $x$ and of $F(x)$ have about the same spread; a much smaller $x$ would be drowned out.) Even before any training, what a residual block passes on still resembles what it got.
#
# ### And after ten blocks?
#
# The cell sends the seven through twenty rows of ten such blocks, once with and once without the shortcuts. The figure shows how much the output still resembles $x$ after each block.

# %% [markdown] lang="pt"
# A correlação de um $F(x)$ aleatório com $x$ é, em média, quase zero, ora positiva, ora negativa; a da saída $y$ é alta e varia pouco. (Aqui, os
# números de $x$ e os de $F(x)$ têm mais ou menos a mesma dispersão; um $x$ muito menor se perderia na soma.) Mesmo antes de qualquer treino, o que um bloco residual passa adiante ainda se parece com o que ele recebeu.
#
# ### E depois de dez blocos?
#
# A célula faz o sete passar por vinte sequências de dez blocos assim, uma vez com os atalhos e uma vez sem eles. A figura mostra quanto a saída ainda se parece com $x$ depois de cada bloco.

# %%
def resemblance(row, x, shortcuts):
    """The correlation with x after each block of a row"""
    # pt: """A correlação com x depois de cada bloco de uma sequência"""
    signal, found = x, []
    for block in row:
        correction, output = two_paths(block, signal)
        signal = output if shortcuts else F.relu(correction)
        found.append(correlation(x, signal).item())
    return found


torch.manual_seed(0)
rows = [[BasicBlock(4, 4) for _ in range(10)] for _ in range(20)]
plots.training_curves(
    "03_basic_block.figures.reuse",
    {
        "plain": [resemblance(row, x, shortcuts=False) for row in rows],
        "residual": [resemblance(row, x, shortcuts=True) for row in rows],
    },
)

# %% [markdown] lang="en"
# Without shortcuts the output soon no longer looks like the seven. (That does not mean that the seven is lost: the random blocks may only have scrambled it.) With shortcuts the likeness fades too, because each random block adds its noise; but it fades far more slowly: even after ten blocks, some of it is left. That makes the **feature reuse** of lesson 02 easier.

# %% [markdown] lang="pt"
# Sem atalhos, a saída logo deixa de se parecer com o sete. (Isso não quer dizer que o sete tenha se perdido: os blocos aleatórios podem só tê-lo embaralhado.) Com atalhos, a semelhança também diminui, pois cada bloco aleatório soma o seu ruído; mas diminui bem mais devagar: mesmo depois de dez blocos, resta uma parte dela. Isso facilita o **reúso de características** da lição 02.

# %% [markdown] lang="en"
# ## When the shapes do not agree
#
# From stage to stage a ResNet halves height and width (stride 2) and doubles the number of channels. Then $F(x)$ and $x$ have different
# shapes. **Predict:** which pairs does PyTorch add without an error? Write `True` or `False`.
#
# | key | shape of $F(x)$ | shape of $x$ |
# |---|---|---|
# | `pair_1` | 16 × 14 × 14 | 8 × 28 × 28 |
# | `pair_2` | 8 × 28 × 28 | 1 × 28 × 28 |
# | `pair_3` | 8 × 14 × 14 | 8 × 28 × 28 |

# %% [markdown] lang="pt"
# ## Quando as formas não combinam
#
# De um estágio para o outro, uma ResNet reduz a altura e a largura à metade (passo 2) e dobra o número de canais. Então $F(x)$ e $x$ têm formas
# diferentes. **Preveja:** quais pares o PyTorch soma sem erro? Escreva `True` ou `False`.
#
# | chave | forma de $F(x)$ | forma de $x$ |
# |---|---|---|
# | `pair_1` | 16 × 14 × 14 | 8 × 28 × 28 |
# | `pair_2` | 8 × 28 × 28 | 1 × 28 × 28 |
# | `pair_3` | 8 × 14 × 14 | 8 × 28 × 28 |

# %% predict="shapes"
### BEGIN SOLUTION
# was: shapes_prediction = {"pair_1": ..., "pair_2": ..., "pair_3": ...}
shapes_prediction = {"pair_1": False, "pair_2": True, "pair_3": False}
### END SOLUTION

# %% tags=["nbval-check-output"]
expect(shapes_prediction, {"pair_1": bool, "pair_2": bool, "pair_3": bool})


def complaint(first, second):
    try:
        torch.zeros(first) + torch.zeros(second)
    except RuntimeError as error:
        return str(error)
    return ""


complaints = {
    "pair_1": complaint((16, 14, 14), (8, 28, 28)),
    "pair_2": complaint((8, 28, 28), (1, 28, 28)),
    "pair_3": complaint((8, 14, 14), (8, 28, 28)),
}
compare_prediction(shapes_prediction, {pair: not text for pair, text in complaints.items()})

# %% [markdown] lang="en"
# What did PyTorch say about the first pair?

# %% [markdown] lang="pt"
# O que o PyTorch disse sobre o primeiro par?

# %% tags=["nbval-check-output"]
print(complaints["pair_1"])

# %% [markdown] lang="en"
# **Explanation.** Two pairs fail. The message names the two sizes in one dimension where the shapes do not match. (`tensor a` and `tensor b` are the first
# and the second term of the sum. Dimensions are counted from 0, so number 2 is the width; *non-singleton* means that the size there is not 1.) Pair 2 is the dangerous one: where a size is 1, PyTorch silently repeats the tensor along that dimension ([*broadcasting*](glossary:broadcasting)) and adds the one channel to all eight. There is no error, but this is not what the paper proposes. So always look at the shapes.

# %% [markdown] lang="pt"
# **Explicação.** Dois pares falham. A mensagem informa os dois tamanhos em uma dimensão na qual as formas não combinam. (`tensor a` e `tensor b` são a primeira e
# a segunda parcela da soma. As dimensões se contam a partir de 0, e a de número 2 é a largura; *non-singleton* quer dizer que ali o tamanho não é 1.) O par 2 é o perigoso: onde um tamanho é 1, o PyTorch repete o tensor em silêncio nessa dimensão ([*broadcasting*](glossary:broadcasting)) e soma o único canal a todos os oito. Não há erro, mas isso não é o que o artigo propõe. Por isso, olhe sempre as formas.

# %% [markdown] lang="en" asked="when-a-projection"
# ## The projection
#
# The paper (He et al., 2015, sections 3.3 and 4.1) compares three kinds of shortcut:
#
# | option | where the shape changes | elsewhere |
# |---|---|---|
# | A | every second pixel of $x$, in height and in width; the missing channels are zeros | $x$ |
# | B | [projection](glossary:projection): 1 × 1 convolution with the stride, then BN | $x$ |
# | C | projection | projection |
#
# What do they cost? For ResNet-34 the cell prints how many parameters each option puts into the shortcuts, what share of the net
# that is, and the [top-1](glossary:top-1) error (how often the net's first guess is wrong, in %) that the paper reports (table 3).

# %% [markdown] lang="pt" asked="when-a-projection"
# ## A projeção
#
# O artigo (He et al., 2015, seções 3.3 e 4.1) compara três tipos de atalho:
#
# | opção | onde a forma muda | nos demais blocos |
# |---|---|---|
# | A | um pixel de $x$ a cada dois, na altura e na largura; os canais que faltam são zeros | $x$ |
# | B | [projeção](glossary:projection): convolução 1 × 1 com o passo e depois BN | $x$ |
# | C | projeção | projeção |
#
# Quanto custam? Para a ResNet-34, a célula imprime quantos parâmetros cada opção põe nos atalhos, que fração da rede isso representa e o
# erro [top-1](glossary:top-1) (em que porcentagem dos casos o primeiro palpite da rede está errado) que o artigo relata (tabela 3). O Python usa ponto decimal e
# vírgula nos milhares.

# %% tags=["nbval-check-output"]
from torchvision.models import resnet34


def projection(inplanes, planes):
    return inplanes * planes + 2 * planes  # 1x1 conv, BN


option_b = projection(64, 128) + projection(128, 256) + projection(256, 512)
elsewhere = [(64, 3), (128, 3), (256, 5), (512, 2)]  # channels, blocks that keep their shape
# pt: elsewhere = [(64, 3), (128, 3), (256, 5), (512, 2)]  # canais, blocos que mantêm a forma
option_c = option_b + sum(count * projection(width, width) for width, count in elsewhere)

with torch.device("meta"):  # shapes only, no memory
# pt: with torch.device("meta"):  # só formas, sem memória
    without = sum(p.numel() for p in resnet34().parameters()) - option_b

for option, count, error in (("A", 0, 25.03), ("B", option_b, 24.52), ("C", option_c, 24.19)):
    print(f"{option} {count:>9,} {count / (without + count):6.1%} {error:6.2f}")

# %% claims=true
assert 5.5 < option_c / option_b < 6.5, {"en": "six times as many", "pt": "seis vezes os"}

# %% [markdown] lang="en"
# Option B costs next to nothing; torchvision uses it, and so do we. Option C lowers the error by a third of a percentage point, but needs six times as many parameters in the shortcuts as B. It also puts weights on every shortcut, so no free path is left. At 34 layers that does no visible harm, but lesson 08 shows a net of 110 layers in which it does. The paper takes these small differences to show that projections are “not essential” for dealing with degradation. (For these errors, the net's answers to ten sections, or *crops*, of each image were averaged.)

# %% [markdown] lang="pt"
# A opção B custa quase nada; o torchvision a usa, e nós também. A opção C reduz o erro em um terço de ponto percentual, mas precisa, nos atalhos, de seis vezes os parâmetros da B. Além disso, põe pesos em todos os atalhos, e não sobra nenhum caminho livre. Com 34 camadas, isso não causa dano visível, mas a lição 08 mostra uma rede de 110 camadas em que o dano aparece. Para o artigo, diferenças tão pequenas mostram que projeções “não são essenciais” para lidar com a degradação. (Esses erros foram medidos com a média das respostas da rede a dez recortes de cada imagem.)

# %% [markdown] lang="en" banner="shortcut"
# ## Exercise 3 · `make_shortcut`
#
# *Why it matters:* the condition in this function decides where a ResNet has its free paths. One wrong word, and the net has no free path left, or the addition fails.
#
# Return `None` where $x$ can be added as it is. Elsewhere return an `nn.Sequential` of a 1 × 1 convolution (with the
# stride, without bias) and an `nn.BatchNorm2d`.

# %% [markdown] lang="pt" banner="shortcut"
# ## Exercício 3 · `make_shortcut`
#
# *Por que isso importa:* a condição nesta função decide onde uma ResNet tem seus caminhos livres. Basta uma palavra errada para a rede ficar sem nenhum caminho livre, ou para a soma falhar.
#
# Devolva `None` onde $x$ pode ser somado como está. Nos outros casos, devolva uma `nn.Sequential` com uma convolução 1 × 1
# (com o passo, sem viés) e uma `nn.BatchNorm2d`.

# %% exercise="shortcut" difficulty=2 minutes=10
def make_shortcut(inplanes, planes, stride):
    """None, or [N, inplanes, H, W] -> [N, planes, ceil(H / stride), ceil(W / stride)]"""
    # pt: """None, ou [N, inplanes, H, W] -> [N, planes, ceil(H / stride), ceil(W / stride)]"""
    ### BEGIN SOLUTION
    if stride == 1 and inplanes == planes:
        return None
    return nn.Sequential(
        nn.Conv2d(inplanes, planes, kernel_size=1, stride=stride, bias=False),
        nn.BatchNorm2d(planes),
    )
    ### END SOLUTION


# %% check="shortcut" points=2
checks.shortcut(make_shortcut)

# %% [markdown] lang="en"
# <details><summary>Hint: “When is x fine as it is?”</summary>
#
# Two things can change its shape: the stride and the number of channels. It is fine as it is only if *neither* changes.
# </details>
# <details><summary>Hint: “My projection has the right channels but the wrong size”</summary>
#
# The 1 × 1 convolution has to take the same steps as the block's first convolution. It needs no padding.
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica: “Quando x serve como está?”</summary>
#
# Duas coisas podem mudar sua forma: o passo e o número de canais. Ele só serve como está se *nenhuma* das duas mudar.
# </details>
# <details><summary>Dica: “Minha projeção tem os canais certos, mas o tamanho errado”</summary>
#
# A convolução 1 × 1 precisa usar o mesmo passo que a primeira convolução do bloco. Ela não precisa de preenchimento.
# </details>

# %% [markdown] lang="en"
# Here are your two pieces together, drawn from what really runs: the shortcut now has boxes of its own.

# %% [markdown] lang="pt"
# Aqui estão as suas duas peças juntas, desenhadas a partir do que de fato é executado: agora o atalho tem suas próprias caixas.

# %%
def halving_block():
    """[N, 4, H, W] -> [N, 8, H / 2, W / 2]; its random weights are the same each time"""
    # pt: """[N, 4, H, W] -> [N, 8, H / 2, W / 2]; os pesos aleatórios são os mesmos a cada vez"""
    torch.manual_seed(0)
    return BasicBlock(4, 8, stride=2, downsample=make_shortcut(4, 8, 2))


plots.block_diagram("03_basic_block.figures.block-projected", halving_block(), x)

# %% [markdown] lang="en"
# And here is the seven on both paths (four channels of each). The first row is still 28 × 28; after it everything is 14 × 14.

# %% [markdown] lang="pt"
# E aqui está o sete nos dois caminhos (quatro canais de cada um). A primeira linha ainda é 28 × 28; dali em diante tudo é 14 × 14.

# %%
downsampling = halving_block()
correction, y = two_paths(downsampling, x)
projected = downsampling.downsample(x).detach()

plots.image_rows(
    "03_basic_block.figures.paths",
    {"input": x, "residual": correction, "shortcut": projected, "sum": y},
    figures={"shape": "×".join(map(str, projected.shape[1:]))},
)

# %% [markdown] lang="en" asked="in-place-relu"
# ## A ReLU that saves memory
#
# torchvision's blocks make their ReLU with `inplace=True`: to save memory, it works [in place](glossary:in-place), without making a new
# tensor. **Predict:** what is the smallest number in `identity` before the ReLU runs on `z`, and what is it afterwards?
#
# ```python
# z = torch.tensor([-2.0, -1.0, 1.0, 2.0])
# identity = z
# out = nn.ReLU(inplace=True)(z)
# ```

# %% [markdown] lang="pt" asked="in-place-relu"
# ## Uma ReLU que poupa memória
#
# Os blocos do torchvision criam a ReLU com `inplace=True`: para poupar memória, ela trabalha [*in-place*](glossary:in-place), sem criar um
# tensor novo. **Preveja:** qual é o menor número em `identity` antes de a ReLU ser aplicada a `z`? E depois?
#
# ```python
# z = torch.tensor([-2.0, -1.0, 1.0, 2.0])
# identity = z
# out = nn.ReLU(inplace=True)(z)
# ```

# %% predict="in-place"
### BEGIN SOLUTION
# was: in_place_prediction = {"min_before": ..., "min_after": ...}
in_place_prediction = {"min_before": -2.0, "min_after": 0.0}
### END SOLUTION

# %% tags=["nbval-check-output"]
expect(in_place_prediction, {"min_before": float, "min_after": float})

z = torch.tensor([-2.0, -1.0, 1.0, 2.0])
identity = z
before = identity.min().item()
out = nn.ReLU(inplace=True)(z)
compare_prediction(in_place_prediction, {"min_before": before, "min_after": identity.min().item()})

# %% [markdown] lang="en"
# **Explanation.** `identity = z` makes no copy. It is a second name for the same tensor, and the ReLU has written into that tensor: the
# shortcut's negative numbers are gone, without a warning.
#
# Why, then, can the official block use such a ReLU safely? Because its ReLU only ever gets tensors that the block itself has just made: the result of `bn1` or of the sum, never `x`. The cell runs the block and checks whether its input is still the same.

# %% [markdown] lang="pt"
# **Explicação.** `identity = z` não faz uma cópia. É um segundo nome para o mesmo tensor, e a ReLU escreveu nesse tensor: os
# números negativos do atalho sumiram, sem aviso nenhum.
#
# Por que, mesmo assim, o bloco oficial pode usar uma ReLU dessas? Porque ela só recebe tensores que o próprio bloco acabou de criar: o resultado da `bn1` ou o da soma, nunca `x`. A célula executa o bloco e verifica se a entrada continua a mesma.

# %% tags=["nbval-check-output"]
copy = image.clone()
_ = official(image)
print(torch.equal(image, copy))

# %% [markdown] lang="en"
# ## From the first difference to the bug
#
# How do you find a bug when the shapes are right and there is no error? Put a block that you trust next to the suspect, give both the same weights and the same input, and compare layer by layer. `first_divergence` does all of this, on copies of the two blocks. The **first row that differs** leads to the bug; the rows after it are only
# consequences. Here is a block with a mistake:

# %% [markdown] lang="pt"
# ## Da primeira diferença até o erro
#
# Como se acha um erro quando as formas estão certas e nada falha? Ponha ao lado do suspeito um bloco em que você confia, dê aos dois os mesmos
# pesos e a mesma entrada e compare camada por camada. `first_divergence` faz tudo isso, com cópias dos dois blocos. A **primeira linha que difere** leva ao erro; as linhas depois dela são só
# consequências. Aqui está um bloco com um erro:

# %%
class Suspicious(blocks.BasicBlock):
    def forward(self, x):
        out = self.bn1(self.conv1(x))
        out = self.bn2(self.conv2(out))
        return self.relu(out + x)


torch.manual_seed(0)
first_divergence(Suspicious(4, 4), blocks.BasicBlock(4, 4), x)

# %% [markdown] lang="en"
# Read the table from the top: `conv1` and `bn1` agree. Then the reference runs a `relu`, which the suspect lacks. As a
# consequence, everything after it differs. So `forward` uses `relu` once instead of twice, and leaves out the one after `bn1`. (The
# last row is the block's output.)

# %% [markdown] lang="pt"
# Leia de cima para baixo: `conv1` e `bn1` coincidem. Depois a referência executa uma `relu`, que falta no suspeito. Como consequência, tudo o que vem depois difere. Portanto, o `forward` usa a `relu` uma vez em vez de duas, e a que
# falta é a que vem depois da `bn1`. (A última linha é a saída do bloco.)

# %% [markdown] lang="en" banner="find-the-bug"
# ## Exercise 4 · Find the bug
#
# *Why it matters:* such mistakes are easily overlooked. Mistake A was once in a lecture notebook of fast.ai (2022, `13_resnet`), and blocks like B and C pass `test_residual_block` of the ARENA course, which compares only shapes and parameter counts. All three blocks run and return the right shapes. No error message will help; the numbers will.
#
# Each block has **exactly one** mistake. Repair it in its cell, with as small a change as you can, and run the check after each
# repair: it tells you how far you have got. Feel free to use `first_divergence` in your own cells.
#
# **Block A.** It came from a helper function with many options. A student reports: “It learns, but worse than the others.”

# %% [markdown] lang="pt" banner="find-the-bug"
# ## Exercício 4 · Encontre o erro
#
# *Por que isso importa:* erros assim passam despercebidos. O do bloco A já esteve no notebook de uma aula da fast.ai (2022, `13_resnet`), e blocos como o B e o C passam no `test_residual_block` do curso ARENA, que só compara formas e quantidades de parâmetros. Os três blocos rodam e devolvem as formas certas. Nenhuma mensagem de
# erro vai ajudar você; os números vão.
#
# Cada bloco tem **exatamente um** erro. Conserte-o na própria célula, com a menor mudança possível, e execute a
# verificação depois de cada conserto: ela diz até onde você chegou. Use `first_divergence` em células suas, se quiser.
#
# **Bloco A.** Veio de uma função auxiliar com muitas opções. Uma aluna relata: “Ele aprende, mas pior que os outros.”

# %% exercise="find-the-bug" part="a" difficulty=4 minutes=25
class BlockA(nn.Module):
    expansion = 1

    ### BEGIN SOLUTION
    # was: def __init__(self, inplanes, planes, stride=1, downsample=None, norm=None):
    def __init__(self, inplanes, planes, stride=1, downsample=None, norm=nn.BatchNorm2d):
        ### END SOLUTION
        super().__init__()
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes) if norm else nn.Identity()
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes) if norm else nn.Identity()
        self.downsample = downsample

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + identity)


# %% [markdown] lang="en"
# **Block B.** A student reports: “With stride 1 it equals the official block to the last digit. With stride 2 the shapes are right, but with the official weights it returns nonsense.”

# %% [markdown] lang="pt"
# **Bloco B.** Um aluno relata: “Com passo 1 ele é igual ao oficial até a última casa decimal. Com passo 2 as formas estão
# certas, mas com os pesos oficiais o resultado não faz sentido.”

# %% exercise="find-the-bug" part="b"
class BlockB(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        ### BEGIN SOLUTION
        # was: self.conv1 = conv3x3(inplanes, planes)
        # was: self.conv2 = conv3x3(planes, planes, stride)
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.conv2 = conv3x3(planes, planes)
        ### END SOLUTION
        self.bn1 = nn.BatchNorm2d(planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + identity)


# %% [markdown] lang="en"
# **Block C.** A student reports: “When it comes after another block, it is perfect. At the start of my net, where $x$ has negative numbers, the
# result is wrong. And afterwards my $x$ is no longer what it was.”

# %% [markdown] lang="pt"
# **Bloco C.** Uma aluna relata: “Quando vem depois de outro bloco, ele é perfeito. No começo da minha rede, onde $x$ tem números
# negativos, o resultado sai errado. E depois disso o meu $x$ já não é o que era.”

# %% exercise="find-the-bug" part="c"
class BlockC(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        ### BEGIN SOLUTION
        # was: identity = self.relu(x)
        identity = x
        ### END SOLUTION
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        return self.relu(out + identity)


# %% check="find-the-bug" points=3
checks.find_the_bug(BlockA, BlockB, BlockC)

# %% [markdown] lang="en"
# <details><summary>Hint for A: “Every layer has a line of its own”</summary>
#
# Having a line does not mean having a layer. Run `print(BlockA(4, 4))`. What does it say next to `bn1`? Then ask which argument decides that, and what its default is.
# </details>
# <details><summary>Hint for B: “I compared it, and every row says ‘same’”</summary>
#
# Compare at stride 2: `first_divergence(BlockB(4, 4, 2, make_shortcut(4, 4, 2)), BasicBlock(4, 4, 2, make_shortcut(4, 4, 2)), x)`.
# Which row is the first with a different *shape*?
# </details>
# <details><summary>Hint for C: “I see nothing that changes x”</summary>
#
# Watch it happen: run `copy = x.clone()`, then `BlockC(4, 4)(copy)`, then `torch.equal(copy, x)`. Which line of `forward` gives `x`
# itself to a layer that works in place?
# </details>

# %% [markdown] lang="pt"
# <details><summary>Dica para A: “Todas as camadas têm sua linha”</summary>
#
# Ter uma linha não é ter uma camada. Execute `print(BlockA(4, 4))`. O que aparece ao lado de `bn1`? Depois pergunte que argumento decide isso e qual é o valor padrão dele.
# </details>
# <details><summary>Dica para B: “Comparei, e todas as linhas dizem ‘igual’”</summary>
#
# Compare com passo 2: `first_divergence(BlockB(4, 4, 2, make_shortcut(4, 4, 2)), BasicBlock(4, 4, 2, make_shortcut(4, 4, 2)), x)`.
# Qual é a primeira linha com outra *forma*?
# </details>
# <details><summary>Dica para C: “Não vejo nada que mude x”</summary>
#
# Veja isso acontecer: execute `copy = x.clone()`, `BlockC(4, 4)(copy)` e `torch.equal(copy, x)`. Qual linha do
# `forward` passa o próprio `x` a uma camada que trabalha *in-place*?
# </details>

# %% [markdown] lang="en"
# ## What you take with you
#
# - The block computes $\mathrm{ReLU}(F(x) + \text{shortcut}(x))$; $F$ is conv–BN–ReLU–conv–BN.
# - Padding 1 keeps the size, so that $x$ can be added. The convolutions have no bias, because BatchNorm would subtract it.
# - The sum comes before the last ReLU, so that $F$ can also take something away. The price: in places, that ReLU closes the gradient's road.
# - The shortcut is $x$ itself wherever the shapes allow it; elsewhere it is a 1 × 1 convolution with BN.
# - `identity = x` is a name, not a copy: nothing may write into it.
# - Right shapes prove nothing. Compare numbers with a reference, and go to the first row that differs.
#
# **Next:** in lesson 04 three cheaper convolutions take the place of two.

# %% [markdown] lang="pt"
# ## O que você leva daqui
#
# - O bloco calcula $\mathrm{ReLU}(F(x) + \text{shortcut}(x))$; $F$ é conv–BN–ReLU–conv–BN.
# - Preenchimento 1 mantém o tamanho, para que $x$ possa ser somado. As convoluções não têm viés, porque a BatchNorm o subtrairia.
# - A soma vem antes da última ReLU, para que $F$ também possa tirar algo. O preço: em alguns lugares, essa ReLU fecha a estrada do gradiente.
# - O atalho é o próprio $x$ onde as formas permitem; nos outros casos, é uma convolução 1 × 1 com BN.
# - `identity = x` é um nome, não uma cópia: nada pode escrever nele.
# - Formas certas não provam nada. Compare números com uma referência; vá à primeira linha que difere.
#
# **A seguir:** na lição 04, três convoluções mais baratas tomam o lugar de duas.

# %% [markdown] lang="en"
# ## Go further
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): section 3.3
#   and figure 5 (left) are the source of this lesson.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): which order
#   of BN, ReLU and sum is best, with experiments for each.
# - Ioffe, Szegedy (2015), [Batch Normalization](https://arxiv.org/abs/1502.03167): section 3.2 explains the missing bias.
# - The [source of torchvision's ResNet](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py): you can now
#   read `BasicBlock` there line by line.

# %% [markdown] lang="pt"
# ## Para ir além
#
# - He, Zhang, Ren, Sun (2015), [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): a seção 3.3
#   e a figura 5 (à esquerda) são a base desta lição.
# - He, Zhang, Ren, Sun (2016), [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): qual ordem de
#   BN, ReLU e soma é a melhor, com experimentos para cada uma.
# - Ioffe, Szegedy (2015), [Batch Normalization](https://arxiv.org/abs/1502.03167): a seção 3.2 explica a ausência do viés.
# - O [código da ResNet no torchvision](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py): agora você
#   consegue ler ali o `BasicBlock` linha por linha.

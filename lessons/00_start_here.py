# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 00 · Start here: the course on one page
#
# You are going to build a ResNet with your own hands: from a single sum to a net that loads the official ImageNet weights and
# reproduces the official net's output. Each exercise is checked on your machine as soon as you run its check.
#
# **On this page**, in about fifteen minutes
# - the map of the course, and where your time goes;
# - a look at your machine;
# - a first prediction and a first exercise, to see what a check tells you;
# - how to save your work, hand it in and get help.
#
# **Begin with** *Run → Run All Cells* (in Colab: *Runtime → Run all*). The page fills itself in as far as your first
# prediction. Then read on from here.

# %% [markdown] lang="pt"
# # 00 · Comece aqui: o curso em uma página
#
# Você vai construir uma ResNet com as próprias mãos: de uma única soma até uma rede que recebe os pesos oficiais,
# treinados na ImageNet, e produz os mesmos resultados que a rede oficial. Cada exercício é conferido na hora, na sua máquina.
#
# **Nesta página**, em uns quinze minutos
# - o mapa do curso e para onde vai o seu tempo;
# - uma olhada na sua máquina;
# - uma primeira previsão e um primeiro exercício, para ver como uma verificação responde;
# - como salvar o seu trabalho, entregá-lo e pedir ajuda.
#
# **Comece com** *Run → Run All Cells* (no Colab: *Ambiente de execução → Executar tudo*). A página se preenche sozinha, até
# a sua primeira previsão. Depois, leia a partir daqui.

# %% [markdown] lang="en"
# **Open a lesson** with a click. In Jupyter use the left column, in Colab and Kaggle the right one. Each lesson also works on its
# own: it needs nothing that you wrote in another.
#
# {lessons}

# %% [markdown] lang="pt"
# **Abra uma lição** com um clique. No Jupyter, use a coluna da esquerda; no Colab e no Kaggle, a da direita. Cada lição também
# funciona sozinha: ela não precisa de nada que você tenha escrito em outra.
#
# {lessons}

# %% setup=true

# %%
import torch

from resnet_course import checks, environment, lessons
from resnet_course.predictions import compare_prediction, expect

# %% [markdown] lang="en"
# ## The map
#
# Every exercise has a check, and the check shows its result on a *card*, a coloured box. Once you have saved a lesson, the map
# shows which of its cards are green and where to pick up again. Come back to the cell below whenever you like.
#
# In the figures of the lessons, a [plain net](glossary:plain-net) is orange, and one with [shortcuts](glossary:shortcut)
# (*skip connections*, *residual connections*) is blue.

# %% [markdown] lang="pt"
# ## O mapa
#
# Cada exercício tem uma verificação, que mostra o resultado em um *cartão*, uma caixa colorida. Depois que você salva uma lição,
# o mapa mostra quais cartões dela estão verdes e onde continuar. Volte à célula abaixo quando quiser.
#
# Nas figuras das lições, o laranja é uma [rede simples](glossary:plain-net) e o azul, uma rede com [atalhos](glossary:shortcut)
# (*conexões residuais*, *skip connections*).

# %%
lessons.course_map()

# %% [markdown] lang="en"
# ## Where the minutes go
#
# Each bar is a lesson, and each green piece of it an exercise: the darker the green, the harder the exercise. The grey piece is
# everything else.

# %% [markdown] lang="pt"
# ## Para onde vão os minutos
#
# Cada barra é uma lição, e cada pedaço verde dela é um exercício: quanto mais escuro o verde, mais difícil o exercício. O pedaço
# cinza é todo o resto.

# %%
lessons.minutes_chart()

# %% [markdown] lang="en"
# These are our estimates for a first reading. Take twice the time if you like: nobody counts the minutes, and no attempt
# costs points.
#
# ## Your machine
#
# ✓ means that all is well; • marks something to know, and ✗ something to do before you go on. The line says what.

# %% [markdown] lang="pt"
# Estas são as nossas estimativas para uma primeira leitura. Use o dobro do tempo, se quiser: ninguém cronometra, e
# nenhuma tentativa custa pontos.
#
# ## A sua máquina
#
# ✓ quer dizer que está tudo certo; • indica só um aviso, e ✗, algo a resolver antes de continuar. A linha diz o quê.

# %%
environment.check_machine()

# %% [markdown] lang="en"
# ## How a notebook works
#
# - A grey cell holds code. Click on it and press Shift+Enter: it runs, and its result appears below.
# - Run the cells from top to bottom. Later cells need what earlier ones have made.
# - Lost, or back on another day? Start afresh with *Kernel → Restart Kernel and Run All Cells* (in Colab: *Runtime →
#   Restart session and run all*). It stops at the first prediction or exercise that you have not done yet, as it should. Do it
#   or skip it, and go on from the next cell with Shift+Enter.
# - Try things out. Whatever you break, a fresh copy of the notebook will fix it.

# %% [markdown] lang="pt"
# ## Como funciona um notebook
#
# - Uma célula cinza contém código. Clique nela e tecle Shift+Enter: ela é executada, e o resultado aparece embaixo.
# - Execute as células de cima para baixo. Uma célula precisa do que as anteriores fizeram.
# - Ficou perdido, ou voltou outro dia? Recomece com *Kernel → Restart Kernel and Run All Cells* (no Colab: *Ambiente de execução → Reiniciar
#   sessão e executar tudo*). A execução é interrompida na primeira previsão ainda em branco ou no primeiro exercício ainda não
#   resolvido, e é assim mesmo que deve ser. Resolva o que falta, ou pule, e siga a partir da célula seguinte com Shift+Enter.
# - Experimente. Você não consegue estragar nada que uma cópia nova do notebook não conserte.

# %% [markdown] lang="en"
# ## Predict, run, compare
#
# Before an experiment you guess what will come out. The guess is not graded; it is what makes the answer stick. So an experiment
# does not start until you have replaced all the dots in its prediction.
#
# **Predict.** A function $f$ is applied to $x$, and $x$ is then added to what it returns, so the result is $f(x) + x$. Let $x = 3$.
# What is the result with each of these functions?
#
# | key | the function |
# |---|---|
# | `doubles` | $f(x) = 2x$ |
# | `does_nothing` | $f(x) = 0$ |
#
# Write two numbers in place of the dots and run the cell. Python writes decimals with a point: `0.5`. In quotation marks,
# `"0,5"`, `"50%"` and `"1/2"` will do as well. Words always need quotation marks.

# %% [markdown] lang="pt"
# ## Preveja, execute, compare
#
# Antes de um experimento, você arrisca um palpite sobre o que vai sair. O palpite não vale nota; é ele que faz a resposta
# ficar na memória. Por isso, o experimento não começa enquanto houver reticências na previsão.
#
# **Preveja.** Uma função $f$ é aplicada a $x$, e depois $x$ é somado ao que ela devolve; o resultado é $f(x) + x$. Seja $x = 3$.
# Qual é o resultado com cada uma destas funções?
#
# | chave | a função |
# |---|---|
# | `doubles` | $f(x) = 2x$ |
# | `does_nothing` | $f(x) = 0$ |
#
# Escreva dois números no lugar das reticências e execute a célula. O Python escreve as casas decimais com ponto: `0.5`; as tabelas do
# curso usam vírgula. Entre aspas, `"0,5"`, `"50%"` e `"1/2"` também servem. Palavras ficam sempre entre aspas, em português ou em inglês.

# %% predict="shortcut"
### BEGIN SOLUTION
# was: shortcut_prediction = {"doubles": ..., "does_nothing": ...}
shortcut_prediction = {"doubles": 9, "does_nothing": 3}
### END SOLUTION

# %% [markdown] lang="en"
# Now run it and compare.

# %% [markdown] lang="pt"
# Agora execute e compare.

# %% tags=["nbval-check-output"]
expect(shortcut_prediction, {"doubles": float, "does_nothing": float})

x = torch.tensor(3)
doubled, nothing = 2 * x, 0 * x
compare_prediction(
    shortcut_prediction, {"doubles": (doubled + x).item(), "does_nothing": (nothing + x).item()}
)

# %% [markdown] lang="en"
# **Explanation.** When $f$ returns 0, the sum is $x$ itself: with a shortcut around it, a part of a net that does nothing at
# least does no harm. This one sum is what the course is about. In lesson 01 you see nets that fail without it, and from lesson 02 on
# you find out why it helps.

# %% [markdown] lang="pt"
# **Explicação.** Quando $f$ devolve 0, a soma é o próprio $x$: com um atalho em volta, uma parte da rede que não faz nada
# pelo menos não atrapalha. É dessa única soma que o curso trata. Na lição 01 você vê redes que fracassam sem ela, e a partir da lição 02
# descobre por que ela ajuda.

# %% [markdown] lang="en" banner="warm-up"
# ## Warm-up · `add_shortcut`
#
# *Why it matters:* what you return here becomes, in lesson 03, the heart of the block that ResNet-18 is made of.
#
# Return $f(x) + x$. Below is an answer that is **not right yet**. Run it and its check as they are: the card says what your
# answer returned, what was expected, what the likely cause is and where to look. Read it line by line. Then repair the answer, and run both cells
# again.

# %% [markdown] lang="pt" banner="warm-up"
# ## Aquecimento · `add_shortcut`
#
# *Por que isso importa:* o que você devolve aqui será, na lição 03, o coração do bloco de que é feita a ResNet-18.
#
# Devolva $f(x) + x$. Abaixo está uma resposta que **ainda não está certa**. Execute a resposta e a verificação do jeito que
# estão: o cartão diz o que a sua resposta devolveu, o que se esperava, qual é a causa provável e onde olhar. Leia-o linha por linha.
# Depois conserte a resposta e execute as duas células de novo.

# %% exercise="warm-up" difficulty=1 minutes=2
def add_shortcut(f, x):
    """f is a function, x a tensor: [any shape] -> [the same shape]"""
    # pt: """f é uma função, x um tensor: [qualquer forma] -> [a mesma forma]"""
    ### BEGIN SOLUTION
    # was: return f(x)
    return f(x) + x
    ### END SOLUTION


# %% check="warm-up" points=0
checks.warm_up(add_shortcut)

# %% [markdown] lang="en"
# Under each check there are hints. Each is headed by something you may be thinking; open the one that fits.
#
# <details><summary>Hint: “I don't know where to begin”</summary>
#
# The card shows an example: a number x, what f returns for it, what your function returned, and what was expected. Which two of
# these numbers add up to the expected one?
# </details>
# <details><summary>Hint: “I changed it, but the card stays the same”</summary>
#
# Did you run the answer cell again, and then the check? Until you run the answer cell, Python knows only the old answer.
# </details>

# %% [markdown] lang="pt"
# Embaixo de cada verificação há dicas. O título de cada uma é uma frase que talvez esteja passando pela sua cabeça; abra a que
# servir.
#
# <details><summary>Dica: “Não sei por onde começar”</summary>
#
# O cartão mostra um exemplo: um número x, o valor em que f o transforma, o que a sua função devolveu e o que se esperava. Dois desses números,
# somados, dão o valor esperado: quais são?
# </details>
# <details><summary>Dica: “Mudei a resposta, mas o cartão continua igual”</summary>
#
# Você executou de novo a célula da resposta e depois a verificação? Enquanto a célula da resposta não é executada, o Python só
# conhece a resposta antiga.
# </details>

# %% [markdown] lang="en"
# ## What the cards say
#
# | mark | meaning |
# |---|---|
# | ✎ | waiting: the answer cell still holds `raise NotImplementedError()`, which your code replaces |
# | ✗ | not yet: read the card, change one thing, and run the answer and its check again |
# | ✓ | correct: your answer worked with numbers that the check drew at random, not only with an example |
#
# Running a check never costs points, however often it fails. If a card does not help, open a hint; after three different tries
# the card says where to find the solved cell. There is no shame in reading it then; afterwards, write the answer again
# without looking. There is no better exercise.

# %% [markdown] lang="pt"
# ## O que dizem os cartões
#
# | sinal | significado |
# |---|---|
# | ✎ | em branco: a célula da resposta ainda tem `raise NotImplementedError()`, que o seu código vai substituir |
# | ✗ | ainda não: leia o cartão, mude uma coisa, execute de novo a resposta e a verificação |
# | ✓ | correto: a sua resposta funcionou com números sorteados pela verificação, e não só em um exemplo |
#
# Executar uma verificação nunca custa pontos, por mais vezes que ela falhe. Se o cartão não ajudar, abra uma dica; depois de três tentativas diferentes, o cartão diz onde
# está a célula resolvida. Não é vergonha lê-la; depois, escreva a resposta de novo, sem olhar. Não há exercício melhor.

# %% [markdown] lang="en"
# ## Save your work
#
# | where you are | how |
# |---|---|
# | Colab | *File → Save a copy in Drive*, **before** you begin, and go on in the tab that opens: a page opened from a link cannot be saved. To hand in: *File → Download → Download .ipynb* |
# | JupyterLab | Ctrl+S (on a Mac, Cmd+S); the file stays in its folder |
# | Binder | *File → Download* before you leave: after a pause everything is deleted |
# | Kaggle | Kaggle saves automatically, to your account. To hand in: *File → Download Notebook* |
# | Codespaces | Ctrl+S (on a Mac, Cmd+S); the `kernel` to choose is `.venv`, and *Run All* is above the notebook. To hand in: right-click on the file in the list and choose *Download…* |

# %% [markdown] lang="pt"
# ## Salve o seu trabalho
#
# | onde você está | como |
# |---|---|
# | Colab | *Arquivo → Salvar uma cópia no Drive*, **antes** de começar, e continue na aba que se abre: uma página aberta por um link não pode ser salva. Para entregar: *Arquivo → Fazer o download → Fazer o download do .ipynb* |
# | JupyterLab | Ctrl+S (no Mac, Cmd+S); o arquivo fica na mesma pasta |
# | Binder | *File → Download* antes de sair: depois de uma pausa, tudo é apagado |
# | Kaggle | o notebook é salvo automaticamente na sua conta. Para entregar: *File → Download Notebook* |
# | Codespaces | Ctrl+S (no Mac, Cmd+S); o `kernel` a escolher é `.venv`, e o botão *Run All* fica acima do notebook. Para entregar: clique no arquivo, na lista, com o botão direito e escolha *Download…* |

# %% [markdown] lang="en"
# ## Hand it in
#
# Only learners with a teacher need this. Each lesson is worth 10 points; this page is not graded.
#
# 1. Run everything afresh, and save.
# 2. In JupyterLab, press **Validate** above the notebook: it runs every cell and lists the checks that fail. In a terminal,
#    `nbgrader validate`, followed by the file's name, does the same. Try it here.
# 3. `resnet-course check-submission`, followed by the file's name, tells whether it is complete and what its checks report.
# 4. Hand in the file under its original name, such as `03_basic_block.ipynb`.
#
# Do not delete any cell. Grading puts your answers into a clean copy of the lesson and runs its checks there. Added cells are not
# run; no answer may need them.

# %% [markdown] lang="pt"
# ## Entregue o trabalho
#
# Isto é só para quem tem professor. Cada lição vale 10 pontos; esta página não vale nota.
#
# 1. Execute tudo de novo, do zero, e salve.
# 2. No JupyterLab, clique em **Validate**, acima do notebook: ele executa tudo e lista as verificações que falham. Em um
#    terminal, `nbgrader validate`, seguido do nome do arquivo, faz o mesmo. Experimente nesta página.
# 3. `resnet-course check-submission`, seguido do nome do arquivo, diz se o arquivo está completo e qual é o resultado das verificações.
# 4. Entregue o arquivo com o nome original, como `03_basic_block.ipynb`.
#
# Não apague nenhuma célula. A correção põe as suas respostas em uma cópia limpa da lição e executa ali as verificações. Células
# acrescentadas não são executadas; nenhuma resposta pode depender delas.

# %% [markdown] lang="en"
# ## Review
#
# What you never recall, you forget. Once you have done some lessons, the cell below asks you three to five questions about them, with
# fresh numbers. Each time you answer a question correctly, it rests longer: 1, 3, 7, 16 and finally 35 days. If you get
# it wrong, it comes back in the next review. The dates are kept in a small file on the machine that runs the notebook, and the
# course sends them nowhere. Online, that file may be gone next time; in Colab it lasts if your Drive is mounted.

# %% [markdown] lang="pt"
# ## Revisão
#
# O que você não busca na memória se perde. Depois que você fizer algumas lições, a célula abaixo faz de três a cinco perguntas
# sobre elas, cada vez com números novos. A cada acerto, a pergunta demora mais a voltar: 1, 3, 7, 16 e, por fim, 35 dias.
# Se você errar, ela volta na revisão seguinte. As datas ficam em um pequeno arquivo na máquina em que o notebook roda, e o
# curso não as envia a lugar nenhum. Na internet, esse arquivo pode não estar mais lá da próxima vez; no Colab, ele dura se o seu
# Drive estiver montado.

# %%
lessons.review()

# %% [markdown] lang="en"
# ## Your record, to print
#
# The cell below makes a page with the exercises that have a green card in the notebooks that you saved. It is not a certificate, and
# claims nothing beyond what it shows. When you print the notebook (*File → Print*), the page gets a sheet of its own.

# %% [markdown] lang="pt"
# ## O seu registro, para imprimir
#
# A célula abaixo monta uma página com os exercícios que têm cartão verde nos notebooks que você salvou. Ela não é um certificado e não
# afirma nada além do que mostra. Quando você imprime o notebook (*File → Print*), ela ocupa uma folha inteira.

# %%
lessons.record_page()

# %% [markdown] lang="en"
# ## When you are stuck
#
# - Read the card once more, aloud; then open the hints.
# - Start afresh (*Kernel → Restart Kernel and Run All Cells*): often the only trouble is a cell that was not run.
# - Have you found a mistake in the course, or a card that does not help? [Write to us]({repository}/issues): say which lesson and which
#   exercise, and paste your code and the card. English and Portuguese are both welcome.
#
# **Next:** [lesson 01](../01_vanishing_gradient/01_vanishing_gradient.ipynb), in which you make deep nets fail. (In Colab
# and Kaggle, use the table at the top.)
#
# **Has *Run All Cells* taken you down here?** It may scroll to the end even though it stopped
# at your first prediction. Begin further up: go [to the map](#The-map), then to [your first card](#Warm-up-·-add_shortcut).

# %% [markdown] lang="pt"
# ## Quando você travar
#
# - Leia o cartão mais uma vez, em voz alta; depois abra as dicas.
# - Recomece do zero (*Kernel → Restart Kernel and Run All Cells*): muitas vezes, o único problema é uma célula que não foi executada.
# - Achou um erro no curso, ou um cartão que não ajuda? [Escreva para nós]({repository}/issues): diga qual é a lição e qual é o
#   exercício, e cole o seu código e o cartão. Você pode escrever em português ou em inglês.
#
# **A seguir:** a [lição 01](../01_vanishing_gradient/01_vanishing_gradient.ipynb), na qual você faz redes profundas fracassarem.
# (No Colab e no Kaggle, use a tabela lá em cima.)
#
# **O *Run All Cells* trouxe você até aqui?** Ele pode rolar a página até o fim, mesmo que a execução tenha parado
# na sua primeira previsão. Comece lá em cima: [vá ao mapa](#O-mapa) e, depois dele, ao [seu primeiro cartão](#Aquecimento-·-add_shortcut).

// What the search says, in place of Sphinx's own words.
Documentation.addTranslations({
  "locale": "pt_BR",
  "messages": {
    "Search Results": "Resultados da busca",
    "Searching": "Buscando",
    "Preparing search...": "Preparando a busca…",
    ", in ": ", em ",
    "Search finished, found one page matching the search query.": [
      "A busca encontrou uma página.",
      "A busca encontrou ${resultCount} páginas."
    ],
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.": "Nenhuma página tem todas essas palavras. Tente com menos palavras ou com outras."
  },
  "plural_expr": "n == 1 ? 0 : 1"
});

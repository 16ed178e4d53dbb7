// What the search says, in place of Sphinx's own words.
Documentation.addTranslations({
  "locale": "en",
  "messages": {
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.": "No page has all of these words. Try fewer of them, or others."
  },
  "plural_expr": "n == 1 ? 0 : 1"
});

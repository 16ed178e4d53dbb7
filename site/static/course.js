// The same heading in the other language: headings have the same anchors there.
for (const link of document.querySelectorAll("a.other-language"))
  link.addEventListener("click", () => {
    const above = [...document.querySelectorAll("article section[id]")].filter(
      (section) => section.getBoundingClientRect().top < innerHeight / 3);
    link.hash = above.length > 1 ? above.at(-1).id : "";
  });

// What is wider than the page scrolls within itself, also with the keyboard.
const reach = () => {
  for (const part of document.querySelectorAll(".scrolls, div.math, .highlight pre, .pst-scrollable-table-container"))
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
};
reach();
addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);

"use strict";
// Only comforts: without this script the page says all the same.
(() => {
  const findings = [...document.querySelectorAll(".finding")];
  const filter = document.getElementById("filter");
  if (filter) {
    const text = document.getElementById("filter-text");
    const lead = document.getElementById("filter-lead");
    const count = document.getElementById("filter-count");
    const words = new Map(findings.map((finding) => [finding, finding.textContent.toLowerCase()]));
    const apply = () => {
      const wanted = text.value.trim().toLowerCase();
      let shown = 0;
      for (const finding of findings) {
        finding.hidden = !words.get(finding).includes(wanted) || (lead.value && finding.dataset.lead !== lead.value);
        shown += !finding.hidden;
      }
      count.textContent = shown === findings.length ? "" : `${shown} of ${findings.length} shown`;
    };
    text.addEventListener("input", apply);
    lead.addEventListener("change", apply);
    filter.hidden = findings.length < 2;
  }

  for (const command of document.querySelectorAll(".command")) {
    const code = command.querySelector("code");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy: ${command.querySelector(".what-for").textContent}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        // A page opened from a file may not have the clipboard: select the text, the keyboard does the rest.
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    command.append(button);
  }

  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();

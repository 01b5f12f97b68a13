// Copies a link.  Without a secure connection the browser has no clipboard for pages: then the link
// is selected, so that the keyboard can copy it.

const selectIn = (element) => {
  const code = element
    .getRootNode()
    .host?.closest('[data-testid="stVerticalBlock"]')
    ?.querySelector("code");
  if (code) window.getSelection().selectAllChildren(code);
};

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const status = parentElement.querySelector("span");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.link);
      status.textContent = "Copied.";
    } catch {
      selectIn(button);
      status.textContent = "Selected: press Ctrl+C or ⌘C.";
    }
  };
  status.textContent = "";
}

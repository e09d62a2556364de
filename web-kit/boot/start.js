// Starts the portal. The build puts the hashed addresses in.
import init from "{{js}}";

init({ module_or_path: "{{wasm}}" }).catch(() => {
  const note = document.getElementById("shell-note");
  if (note) note.textContent = "StreamFlow could not start. Check the connection, then reload the page.";
});

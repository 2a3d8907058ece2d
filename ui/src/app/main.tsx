import "@patternfly/react-core/dist/styles/base.css";
import "./app.css";
import "@/components/dense.css";
import "@/components/marks.css";
import "@/components/rows.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { applyTheme, rememberedTheme } from "./theme";

async function start() {
  applyTheme(rememberedTheme());
  // Both conditions are constants in a production build: the mock is not in its bundle.
  if (import.meta.env.DEV || import.meta.env.MODE === "mock") {
    if (!("__TAURI_INTERNALS__" in window)) {
      const { installMock } = await import("@/ipc/mock");
      installMock();
    }
  }
  const root = document.getElementById("root");
  if (!root) throw new Error("index.html has no #root");
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

void start();

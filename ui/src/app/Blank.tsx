import { useEffect } from "react";
import { benchReady } from "@/ipc/queries/app";

/** An empty page: what a window of this kind costs by itself, for benchmarks. */
export function Blank() {
  useEffect(() => {
    benchReady("/blank");
  }, []);
  return <main aria-label="Blank" />;
}

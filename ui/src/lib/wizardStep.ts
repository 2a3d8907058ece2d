import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

/**
 * The wizard's step in the address, so that back goes one step back. PatternFly's wizard keeps its
 * step to itself: where the address moved by other means, `key` makes a new one at the right step.
 */
export function useWizardStep(ids: readonly string[]) {
  const [params, setParams] = useSearchParams();
  const step = ids.find((id) => id === params.get("step")) ?? ids[0] ?? "";
  const own = useRef(step);
  const [key, setKey] = useState(0);
  useEffect(() => {
    if (own.current === step) return;
    own.current = step;
    setKey((known) => known + 1);
  }, [step]);
  const onStep = (id: string | number) => {
    own.current = String(id);
    setParams((known) => {
      const next = new URLSearchParams(known);
      next.set("step", String(id));
      return next;
    });
  };
  return { startIndex: ids.indexOf(step) + 1, key, onStep };
}

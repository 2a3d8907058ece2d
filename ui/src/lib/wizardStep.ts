import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

/**
 * The wizard's step in the address, so that back goes one step back. PatternFly's wizard keeps its
 * step to itself: where the address moved by other means, `key` makes a new one at the right step.
 * `furthest` is the last step (from 0) that can be opened with what was typed so far.
 */
export function useWizardStep(ids: readonly string[], furthest: number) {
  const [params, setParams] = useSearchParams();
  const asked = ids.indexOf(params.get("step") ?? "");
  const step = ids[Math.max(0, Math.min(asked, furthest))] ?? "";
  const own = useRef(step);
  const [key, setKey] = useState(0);
  useEffect(() => {
    if (own.current === step) return;
    own.current = step;
    setKey((known) => known + 1);
  }, [step]);
  /** `jump`: moved by something else than the wizard, which has to be made anew there. */
  const onStep = (id: string | number, jump = false) => {
    if (!jump) own.current = String(id);
    setParams((known) => {
      const next = new URLSearchParams(known);
      next.set("step", String(id));
      return next;
    });
  };
  return { step, startIndex: ids.indexOf(step) + 1, key, onStep };
}

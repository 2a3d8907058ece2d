import { type ReactNode, useEffect, useState } from "react";

/** Shorter than this, a wait needs no picture: making one would only make it longer. */
const A_WHILE = 200;

/** What stands for something that is on the way, once that takes long enough to be noticed. */
export function AfterAWhile({ children }: { children: ReactNode }) {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), A_WHILE);
    return () => clearTimeout(timer);
  }, []);
  return long ? children : null;
}

/**
 * A backend for looking at the pages and for their tests: realistic data, no Tauri. It is loaded
 * only in dev and mock builds, and is not in a production bundle.
 */
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import { type Lock, makeDesk } from "./desk";
import { makeHandlers } from "./handlers";

export type MockOptions = {
  /** 0: the empty app. */
  cards?: number;
  lock?: Lock;
  now?: () => number;
  /** Answers of single commands that differ, by their Rust name. */
  answers?: Record<string, (args: Record<string, unknown>) => unknown>;
};

/** `?cards=3000` before the `#` asks for another size of fleet. */
function askedCards(): number | undefined {
  const asked = new URLSearchParams(location.search).get("cards");
  return asked === null ? undefined : Number(asked);
}

/** `?lock=file` and `?lock=new`: secrets that are not open. */
function askedLock(): Lock {
  const asked = new URLSearchParams(location.search).get("lock");
  return asked === "file" || asked === "new" ? asked : null;
}

/** What the system's dialog answers: a file of the kind that was asked for. */
function picked({ options }: Record<string, unknown>): string {
  const title = (options as { title?: string } | undefined)?.title ?? "";
  if (title.includes("folder")) return "/home/ada/dpu-os";
  if (title.includes("certificate")) return "/home/ada/hub-ca.pem";
  if (title.includes("cluster")) return "/home/ada/clusters/rack-b7.yaml";
  return title.includes("variables") ? "/home/ada/clusters/lab.yaml" : "/srv/isos/dpu-os-1.3.0.iso";
}

export function installMock(options: MockOptions = {}) {
  const { cards = askedCards(), lock = askedLock(), now, answers = {} } = options;
  const desk = makeDesk({ cards, lock, now });
  let seq = 0;
  const changed = (tag: string) => {
    seq += 1;
    void emit("changed-event", { tag, id: null, seq });
  };
  const handle = makeHandlers(desk, changed);
  const kept = new Map<string, unknown>();
  const calls: { command: string; args: Record<string, unknown> }[] = [];
  mockIPC(
    (command, payload) => {
      const args = (payload ?? {}) as Record<string, unknown>;
      calls.push({ command, args });
      const own = answers[command];
      if (own) return own(args);
      switch (command) {
        case "plugin:store|load":
          return 1;
        case "plugin:store|get":
          return [kept.get(String(args.key)) ?? null, kept.has(String(args.key))];
        case "plugin:store|set":
          kept.set(String(args.key), args.value);
          return null;
        case "plugin:store|save":
          return null;
        case "plugin:dialog|open":
          return picked(args);
        case "plugin:dialog|save":
          return "/home/ada/clusters/rack-b7.today.yaml";
        default:
          return handle(command, args);
      }
    },
    { shouldMockEvents: true },
  );
  return { desk, changed, calls };
}

import type { BmcActionView, BmcOrder, BootOverrideEnabled } from "@/ipc/bindings";

/** What a person chose in the dialog of an action. */
export type OrderDraft = { image: string; mode: BootOverrideEnabled; choice: string };

export const emptyOrder = (action: BmcActionView): OrderDraft => ({
  image: "",
  mode: action.modes[0] ?? "Once",
  // The gentlest restart, where there is one.
  choice: action.choices.find((word) => word === "GracefulRestart") ?? action.choices[0] ?? "",
});

/** Why it can't be ordered like that. */
export function orderProblem(action: BmcActionView, draft: OrderDraft): string | null {
  switch (action.action) {
    case "insert":
      return imageProblem(draft.image);
    case "reset":
      return draft.choice === "" ? "Choose how it is reset" : null;
    case "set_boot":
      return draft.choice === "" && draft.mode !== "Disabled" ? "Choose what is booted" : null;
    case "eject":
      return null;
  }
}

export function imageProblem(image: string): string | null {
  if (!image.trim()) return "Type the URL of the image";
  const parsed = URL.canParse(image.trim()) ? new URL(image.trim()) : null;
  if (!parsed?.host) return "A URL that the BMC can fetch: https://host/path.iso";
  if (parsed.username || parsed.password) return "No user name or password in the URL";
  return null;
}

export function asOrder(action: BmcActionView, draft: OrderDraft): BmcOrder {
  const { target } = action;
  switch (action.action) {
    case "insert":
      return { action: "insert", slot: target, image: draft.image.trim() };
    case "eject":
      return { action: "eject", slot: target };
    case "set_boot":
      return { action: "set_boot", system: target, enabled: draft.mode, target: draft.choice };
    case "reset":
      return { action: "reset", target, reset_type: draft.choice };
  }
}

import type { BmcActionView, BmcOrder } from "../bindings";
import type { BmcOutcome, Inventory } from "../whole";
import { refuse } from "./answers";

const BLUEFIELD =
  "a BlueField has no virtual media: it is installed by BFB over rshim, which Slipway does not do";

/** What can be done, as the backend would say it. */
export function actions(inventory: Inventory | null, whyNot: string | null): BmcActionView[] {
  const plain = (action: BmcActionView["action"], label: string): BmcActionView => ({
    action,
    target: "",
    target_name: "",
    label,
    choices: [],
    modes: [],
    interrupts: null,
    why_not: whyNot,
  });
  if (!inventory) return [];
  const slots = inventory.systems.flatMap((system) => system.slots);
  const media: BmcActionView[] =
    slots.length === 0
      ? [
          { ...plain("insert", "Insert a medium"), why_not: BLUEFIELD },
          { ...plain("eject", "Eject the medium"), why_not: BLUEFIELD },
        ]
      : slots.flatMap((slot) => {
          const at = { target: slot.path, target_name: slot.name ?? slot.path };
          return [
            {
              ...plain("insert", "Insert a medium"),
              ...at,
              why_not: whyNot ?? slot.why_no_insert,
            },
            { ...plain("eject", "Eject the medium"), ...at, why_not: whyNot ?? slot.why_no_eject },
          ];
        });
  const imc = inventory.kind.kind === "intel_imc";
  return [
    ...media,
    ...inventory.systems.flatMap((system): BmcActionView[] => {
      const at = { target: system.path, target_name: system.name ?? system.path };
      return [
        {
          ...plain("set_boot", "Set the boot override"),
          ...at,
          choices: system.boot.targets_offered,
          modes: (["Once", "Continuous", "Disabled"] as const).filter((mode) =>
            system.boot.enabled_offered.includes(mode),
          ),
        },
        {
          ...plain("reset", "Reset the system"),
          ...at,
          choices: system.reset_types ?? [],
          interrupts: "what runs on this system is interrupted or lost",
        },
      ];
    }),
    ...inventory.managers.map((manager) => ({
      ...plain("reset", "Reset the manager"),
      target: manager.path,
      target_name: manager.name ?? manager.path,
      choices: manager.reset_types ?? [],
      interrupts: imc
        ? "the IMC vanishes for minutes, and the ACC with it"
        : "the BMC does not answer for some minutes; the server goes on",
    })),
  ];
}

/** Does it to the inventory, as reading back would show it. */
export function carryOut(inventory: Inventory | null, order: BmcOrder): BmcOutcome {
  const slotAt = (path: string) =>
    inventory?.systems.flatMap((system) => system.slots).find((slot) => slot.path === path);
  switch (order.action) {
    case "insert": {
      const slot = slotAt(order.slot);
      if (!slot) throw refuse("not_found", "there is no such slot");
      Object.assign(slot, {
        inserted: true,
        image: order.image,
        why_no_insert: "something is in it: eject it first",
        why_no_eject: null,
      });
      return { sentence: `${slot.name} holds ${order.image}`, slot, boot: null };
    }
    case "eject": {
      const slot = slotAt(order.slot);
      if (!slot) throw refuse("not_found", "there is no such slot");
      Object.assign(slot, {
        inserted: false,
        image: null,
        why_no_insert: null,
        why_no_eject: "nothing is in it",
      });
      return { sentence: `${slot.name} is empty`, slot, boot: null };
    }
    case "set_boot":
      return {
        sentence: `the next boot is from ${order.target}`,
        slot: null,
        boot: { enabled: order.enabled, target: order.target },
      };
    case "reset":
      return { sentence: `it took the reset ${order.reset_type}`, slot: null, boot: null };
  }
}

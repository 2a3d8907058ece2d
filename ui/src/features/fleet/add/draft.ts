import type { AddDpu, Fingerprint } from "@/ipc/bindings";
import { addressProblem, nameProblem, orNull, words } from "@/lib/fields";

/** What is typed to add a card. Kept between visits. */
export type CardDraft = {
  name: string;
  imc: string;
  imcSsh: string;
  acc: string;
  host: string;
  labels: string;
  user: string;
  accUser: string;
};

export const emptyCard: CardDraft = {
  name: "",
  imc: "",
  imcSsh: "",
  acc: "",
  host: "",
  labels: "",
  user: "root",
  accUser: "",
};

/** Never kept. */
export type Passwords = { imc: string; acc: string };

export const emptyPasswords: Passwords = { imc: "", acc: "" };

/** What keeps the address step from being left. */
export function addressStepProblem(card: CardDraft): string | null {
  const name = nameProblem(card.name);
  if (name) return `Name: ${name}`;
  const imc = addressProblem(card.imc);
  if (imc) return `Address of the IMC: ${imc}`;
  const others = [card.imcSsh, card.acc].filter(Boolean).map(addressProblem);
  return others.find((problem) => problem !== null) ?? null;
}

export function credentialsStepProblem(card: CardDraft, passwords: Passwords): string | null {
  if (!card.user.trim()) return "The user name is needed";
  if (!passwords.imc) return "The password is needed";
  return null;
}

/** The card as it crosses. */
export function asAddDpu(
  card: CardDraft,
  passwords: Passwords,
  certificate: Fingerprint,
  hostKey: Fingerprint,
): AddDpu {
  return {
    name: card.name.trim(),
    imc: card.imc.trim(),
    imc_ssh: orNull(card.imcSsh),
    acc: orNull(card.acc),
    host: orNull(card.host),
    user: card.user.trim(),
    password: passwords.imc,
    acc_user: orNull(card.accUser),
    acc_password: passwords.acc || null,
    labels: words(card.labels),
    certificate,
    host_key: hostKey,
  };
}

import { useState } from "react";
import type { DpuId, IsoId } from "@/ipc/bindings";
import { useDoctor } from "@/ipc/queries/doctor";
import { DoctorCard, MOST } from "./DoctorCard";

type Props = { cards: DpuId[]; iso: IsoId | null };

/** "Check first" for cards of the inventory. */
export function DoctorPanel({ cards, iso }: Props) {
  const [wanted, setWanted] = useState(false);
  const asked = cards.slice(0, MOST);
  const answers = useDoctor(asked, iso, wanted);
  const ask = () => {
    setWanted(true);
    if (wanted) for (const answer of answers) void answer.refetch();
  };
  return (
    <DoctorCard
      wanted={wanted}
      onAsk={ask}
      answers={answers.map(({ data, error, isFetching }, at) => ({
        key: asked[at] ?? "",
        report: data,
        error,
        isFetching,
      }))}
    >
      Names, logins, firmware, clock, free memory, and whether the IMC itself can fetch the ISO:
      looked at now, without changing anything.
      {cards.length > MOST && ` The first ${MOST} cards; slipctl doctor does all of them.`}
    </DoctorCard>
  );
}

import { useState } from "react";
import { DoctorCard, MOST } from "@/components/doctor/DoctorCard";
import type { ClusterCard, ClusterOpen } from "@/ipc/bindings";
import { useClusterDoctor } from "@/ipc/queries/doctor";
import { asNames, keyOf, LOCAL_NETWORK } from "./draft";

type Props = { open: ClusterOpen; cards: ClusterCard[] };

/** "Check first" for cards of the file: with the host, the host's BMC and the ISO that it names. */
export function FileDoctor({ open, cards }: Props) {
  const [wanted, setWanted] = useState(false);
  const asked = cards.filter((card) => card.standing.standing === "known").slice(0, MOST);
  // Nothing else of it depends on what is confirmed: such a tick asks no card again.
  const accept_untried = open.accept_untried.filter((step) => step === LOCAL_NETWORK);
  const answers = useClusterDoctor({ ...open, accept_untried }, asNames(asked), wanted);
  const ask = () => {
    setWanted(true);
    if (wanted) for (const answer of answers) void answer.refetch();
  };
  if (asked.length === 0) return null;
  return (
    <DoctorCard
      wanted={wanted}
      onAsk={ask}
      answers={asked.map((card, at) => ({
        key: keyOf(card),
        report: answers[at]?.data?.cards[0],
        error: answers[at]?.error ?? null,
        isFetching: answers[at]?.isFetching ?? false,
      }))}
    >
      Names, logins, firmware, clock, free memory, whether the IMC itself can fetch the ISO, and the
      host and its BMC where the file names them: looked at now, without changing anything.
      {asked.length === MOST && ` The first ${MOST} cards; slipctl doctor does all of them.`}
    </DoctorCard>
  );
}

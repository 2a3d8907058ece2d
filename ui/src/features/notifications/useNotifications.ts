import type { BatchRow, JobRow } from "@/ipc/bindings";
import { useBatches } from "@/ipc/queries/batches";
import { useJobs } from "@/ipc/queries/jobs";
import { usePreferences } from "@/ipc/queries/preferences";
import { batchWords } from "@/lib/batches";
import { jobTitle, OUTCOMES } from "@/lib/jobs";
import type { Tone } from "@/lib/states";

/** What is older is history, and the jobs page has it. */
const MOST = 50;

/** Something that ended: a job, or a batch of them. */
export type Notice = {
  id: string;
  /** Where it is to be read. */
  to: string;
  title: string;
  text: string;
  word: string;
  tone: Tone;
  endedAt: string;
};

function ofJob(job: JobRow): Notice[] {
  if (job.ended_at === null) return [];
  const { word, tone } = OUTCOMES[job.outcome];
  return [
    {
      id: job.id,
      to: `/jobs/${job.id}`,
      title: `${jobTitle(job)}: ${word.toLowerCase()}`,
      text: job.message ?? job.what,
      word,
      tone,
      endedAt: job.ended_at,
    },
  ];
}

/** A batch that has stopped by itself waits for somebody as one that ended. */
function ofBatch(batch: BatchRow): Notice[] {
  const endedAt = batch.state.name === "stopped" ? batch.state.since : batch.ended_at;
  if (endedAt === null) return [];
  const { word, tone } = batchWords(batch.state, batch.counts);
  return [
    {
      id: batch.id,
      to: `/jobs/batches/${batch.id}`,
      title: `${batch.name}: ${word.toLowerCase()}`,
      text: batch.sentence,
      word,
      tone,
      endedAt,
    },
  ];
}

/** What ended, newest first, and what of it nobody has looked at. */
export function useNotifications() {
  const { data: jobs = [] } = useJobs();
  const { data: batches = [] } = useBatches();
  const { preferences, loaded, change } = usePreferences();
  const ended = [...batches.flatMap(ofBatch), ...jobs.flatMap(ofJob)]
    .sort((a, b) => Date.parse(b.endedAt) - Date.parse(a.endedAt))
    .slice(0, MOST);
  const until = preferences.notifiedUntil;
  // Before the first look everything that ended is history.
  const isNew = (notice: Notice) =>
    loaded && until !== null && Date.parse(notice.endedAt) > Date.parse(until);
  const unread = ended.filter(isNew);
  const readAll = () => change({ notifiedUntil: new Date().toISOString() });
  return { ended, unread, isNew, readAll, started: !loaded || until !== null };
}

import type { JobRow } from "@/ipc/bindings";
import { useJobs } from "@/ipc/queries/jobs";
import { usePreferences } from "@/ipc/queries/preferences";

/** What is older is history, and the jobs page has it. */
const MOST = 50;

/** Jobs that ended, newest first, and which of them nobody has looked at. */
export function useNotifications() {
  const { data: jobs = [] } = useJobs();
  const { preferences, loaded, change } = usePreferences();
  const ended = jobs
    .filter((job) => job.ended_at !== null)
    .sort((a, b) => endOf(b) - endOf(a))
    .slice(0, MOST);
  const until = preferences.notifiedUntil;
  // Before the first look everything that ended is history.
  const isNew = (job: JobRow) => loaded && until !== null && endOf(job) > Date.parse(until);
  const unread = ended.filter(isNew);
  const readAll = () => change({ notifiedUntil: new Date().toISOString() });
  return { ended, unread, isNew, readAll, started: !loaded || until !== null };
}

const endOf = (job: JobRow) => Date.parse(job.ended_at ?? job.created_at);

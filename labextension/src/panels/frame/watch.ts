/** React's view of what the state layer holds. */
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';

import type { Watched } from '../../state/watched';

/** Return what is watched, and render again when it changes. */
export function useWatched<S extends object>(watched: Watched<S>): S {
  const subscribe = useCallback(
    (changed: () => void) => {
      watched.changed.connect(changed);
      return () => {
        watched.changed.disconnect(changed);
      };
    },
    [watched]
  );
  return useSyncExternalStore(subscribe, () => watched.now);
}

/** Return the time in milliseconds since the epoch, and render again every `everyMs`, so that ages stay true. */
export function useNow(everyMs = 15_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

import type { DirtyMark } from '../ports/segments.ts';
import type { Statements } from '../ports/store.ts';
import type { EventRow } from '../ports/users.ts';

/**
 * Why users were evaluated, and where in their events: each number is the id of the last event
 * before the cause.
 */
export interface Causes {
  /** By user, the names of events, each with the place before the first event of that name. */
  events: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Users whose attributes changed. */
  attributes: ReadonlyMap<string, number>;
  /** By user, the segments that a sweep found changed. */
  segments: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Why a user came into a segment. */
export interface Cause {
  /** The event, if an event was the cause. */
  event: EventRow | undefined;
  /**
   * The id of that event, or of the last event before the cause. Later events are what the user did
   * as a member.
   */
  afterEvent: number;
}

export function causesOf(marks: readonly DirtyMark[]): Causes {
  const events = new Map<string, Map<string, number>>();
  const attributes = new Map<string, number>();
  const segments = new Map<string, Map<string, number>>();
  for (const { userId, cause, subject, afterEvent } of marks) {
    if (cause === 'attributes') attributes.set(userId, afterEvent);
    else put(cause === 'event' ? events : segments, { userId, name: subject, afterEvent });
  }
  return { events, attributes, segments };
}

/**
 * For each of `wanted`, why the user is now in, or no longer in, these segments. An event takes
 * precedence over a change of attributes, and the first of several events over the others, so that
 * no event after the cause is lost. After a deployment everyone is evaluated without a cause; the
 * place is then the moment of the evaluation.
 */
export async function causesFor(
  tx: Statements,
  wanted: { userId: string; segmentIds: string[] }[],
  {
    causes,
    lastEvent,
    readsEvent,
  }: { causes: Causes; lastEvent: number; readsEvent: (segmentId: string, name: string) => boolean },
): Promise<Cause[]> {
  if (wanted.length === 0) return [];
  const queries = wanted.flatMap(({ userId, segmentIds }) =>
    [...(causes.events.get(userId) ?? [])]
      .filter(([name]) => segmentIds.some((id) => readsEvent(id, name)))
      .map(([name, after]) => ({ userId, name, after })),
  );
  const found = Map.groupBy(await tx.eventsAfter(queries), ({ userId }) => userId);
  return wanted.map(({ userId, segmentIds }) => {
    const names = causes.events.get(userId);
    const event = found.get(userId)?.find(({ id, name }) => {
      const after = names?.get(name);
      return after !== undefined && id > after && segmentIds.some((segment) => readsEvent(segment, name));
    });
    if (event) return { event, afterEvent: event.id };
    const places = segmentIds.flatMap((id) => causes.segments.get(userId)?.get(id) ?? []);
    return { event: undefined, afterEvent: causes.attributes.get(userId) ?? Math.min(lastEvent, ...places) };
  });
}

// --- internal ------------------------------------------------------------------------------------

function put(
  byUser: Map<string, Map<string, number>>,
  { userId, name, afterEvent }: { userId: string; name: string; afterEvent: number },
): void {
  const places = byUser.get(userId);
  if (places) places.set(name, afterEvent);
  else byUser.set(userId, new Map([[name, afterEvent]]));
}

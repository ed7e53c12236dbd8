import type { JsonObject } from '../core/json.ts';

/** Attributes for rendering an email without a real user. */
export const SAMPLE_USER: JsonObject = {
  email: 'ada@example.com',
  username: 'ada',
  name: 'Ada Lovelace',
  firstName: 'Ada',
  lastName: 'Lovelace',
  fullName: 'Ada Lovelace',
  company: 'Analytical Engines',
  plan: 'pro',
  language: 'en',
  locale: 'en-GB',
  country: 'GB',
  city: 'London',
  timezone: 'Europe/London',
  url: 'https://example.com',
  avatarUrl: 'https://example.com/ada.png',
  createdAt: '2026-01-01T09:00:00.000Z',
};

export interface SampleEvent {
  name: string;
  attributes: JsonObject;
  /** Epoch milliseconds. */
  createdAt: number;
}

/** An event as a shop or an application might emit it. */
export function sampleEvent(name: string): SampleEvent {
  return {
    name,
    attributes: {
      id: '1001',
      orderId: '1001',
      value: 49.9,
      amount: 49.9,
      total: 49.9,
      currency: 'EUR',
      product: 'Difference engine',
      name: 'Difference engine',
      quantity: 1,
      items: [{ id: '1', name: 'Difference engine', quantity: 1, price: 49.9 }],
      url: 'https://example.com/orders/1001',
    },
    createdAt: Date.UTC(2026, 0, 1, 9),
  };
}

export interface Sample {
  user: Record<string, unknown>;
  event: { name: string; attributes: Record<string, unknown>; createdAt: Date };
  /** All props of the component. */
  props: Record<string, unknown>;
  /** Whether the component has PreviewProps. */
  own: boolean;
}

/**
 * The props for a preview: the component's PreviewProps (React Email's convention), completed with
 * the samples above.
 */
export function sampleFor(component: unknown, eventName: string): Sample {
  const given = previewPropsOf(component);
  const sampled = sampleEvent(eventName);
  const user = isRecord(given?.user) ? given.user : SAMPLE_USER;
  const event = {
    ...sampled,
    createdAt: new Date(sampled.createdAt),
    ...(isRecord(given?.event) && given.event),
  };
  return { user, event, props: { ...given, user, event }, own: given !== undefined };
}

// --- internal ---

function previewPropsOf(component: unknown): Record<string, unknown> | undefined {
  if ((typeof component !== 'function' && typeof component !== 'object') || component === null)
    return undefined;
  const props: unknown = Reflect.get(component, 'PreviewProps');
  return isRecord(props) ? props : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

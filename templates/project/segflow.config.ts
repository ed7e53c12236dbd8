import { eq, sql } from 'drizzle-orm';
import type { Runtime, SegflowConfig, UserContext } from 'segflow';
import PurchaseConfirmationTemplate from './emails/PurchaseConfirmationTemplate';
import VIPEmailTemplate from './emails/VIPEmailTemplate';
import WelcomeEmailTemplate from './emails/WelcomeEmailTemplate';
import WinbackEmailTemplate from './emails/WinbackEmailTemplate';
import { events, users } from './schema';

/** What you know about a user. Emails go to `email`. */
export interface MyUserAttributes {
  username: string;
  email: string;
  winback?: boolean;
}

const config: SegflowConfig<MyUserAttributes> = {
  emailProvider: {
    config: {
      name: 'postmark',
      // Read where you push from (.env); the server keeps it encrypted.
      apiKey: process.env.POSTMARK_API_KEY!,
    },
    fromAddress: 'Acme <hello@example.com>',
  },

  // Emails that campaigns send, by id.
  templates: {
    'welcome-email': {
      subject: (user) => `Welcome to Acme, ${user.username}!`,
      component: WelcomeEmailTemplate,
    },
    'winback-email': {
      subject: (user) => `We miss you, ${user.username}!`,
      component: WinbackEmailTemplate,
    },
    'vip-email': {
      subject: (user) => `A thank-you, ${user.username}`,
      component: VIPEmailTemplate,
    },
  },

  // Groups of users: each is one SELECT of user ids, kept up to date as users and events come in.
  segments: {
    'all-users': {
      evaluator: (db) => db.select({ id: users.id }).from(users),
    },
    'winback-eligible': {
      evaluator: (db) =>
        db.select({ id: users.id }).from(users).where(sql`${users.attributes}->'$.winback' = true`),
    },
    'big-spenders': {
      evaluator: (db) =>
        db
          .select({ id: users.id })
          .from(users)
          .innerJoin(events, eq(events.userId, users.id))
          .where(eq(events.name, 'purchase'))
          .groupBy(users.id)
          .having(sql`sum(${events.attributes}->'$.value') > 1000`),
    },
  },

  // What happens to users of segments, step by step.
  campaigns: {
    'welcome-campaign': {
      segments: ['all-users'],
      behavior: 'static', // once, to the end
      flow: function* (_ctx: UserContext<MyUserAttributes>, rt: Runtime) {
        yield rt.sendEmail('welcome-email');
      },
    },
    'winback-campaign': {
      segments: ['winback-eligible'],
      behavior: 'dynamic', // out as soon as the user leaves the segment
      flow: function* (_ctx: UserContext<MyUserAttributes>, rt: Runtime) {
        for (let i = 0; i < 8; i++) {
          yield rt.sendEmail('winback-email');
          yield rt.wait({ days: 2 ** i });
        }
      },
    },
    'vip-treatment': {
      segments: ['big-spenders'],
      behavior: 'dynamic',
      flow: function* (_ctx: UserContext<MyUserAttributes>, rt: Runtime) {
        while (true) {
          yield rt.sendEmail('vip-email');
          yield rt.wait({ days: 30 });
        }
      },
    },
  },

  // Emails sent once for every event of a name.
  transactions: {
    purchase: {
      event: 'purchase',
      subject: (user) => `Order confirmed, ${user.username}!`,
      component: PurchaseConfirmationTemplate,
    },
  },
};

export default config;

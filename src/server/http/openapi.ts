import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { HTTP_STATUS } from '../../core/errors.ts';
import * as wire from '../../protocol/api.ts';
import { explanationSchema } from '../../protocol/explain.ts';
import { planningSchema, planSchema } from '../../protocol/plan.ts';
import { type Api, endpoint } from './endpoint.ts';

/** Serves the OpenAPI 3.1 document of all routes, generated on the first request. */
export function openApiRoute(api: Api): void {
  const { app, version } = api;
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: "The server's SEGFLOW_API_KEY.",
  });
  let text: string | undefined;
  endpoint(
    api,
    {
      method: 'get',
      path: '/openapi.json',
      tag: 'Health',
      summary: 'This document',
      open: true,
      answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: z.looseObject({}) } },
    },
    (_input, c) => {
      text ??= documentText(app, version);
      return c.body(text, 200, { 'content-type': 'application/json' });
    },
  );
}

function documentText(app: OpenAPIHono, version: string): string {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Segflow',
      version,
      description:
        'Users, events and messages of a Segflow instance. JSON in UTF-8; times are ISO 8601 in UTC.',
      license: { name: '0BSD', url: 'https://spdx.org/licenses/0BSD.html' },
    },
    servers: [{ url: '/' }],
  });
  // The generator treats a regular expression's flags as part of its source.
  return JSON.stringify(document, (key, value) =>
    key === 'pattern' && typeof value === 'string' ? value.replace(/\/[a-z]+$/, '') : value,
  );
}

// Schemas with an id here become components; the other fields replace values that cannot be derived
// from the schema.
const named: [z.ZodType, { id: string } & Record<string, unknown>][] = [
  [wire.attributesSchema, { id: 'Attributes', type: 'object', additionalProperties: true }],
  [wire.userIdSchema, { id: 'UserId' }],
  [wire.eventNameSchema, { id: 'EventName' }],
  [wire.userBodySchema, { id: 'UserBody' }],
  [wire.eventSchema, { id: 'Event' }],
  [wire.operationSchema, { id: 'Operation' }],
  [wire.batchSchema, { id: 'Batch' }],
  [wire.pushSchema, { id: 'Push' }],
  [wire.changesSchema, { id: 'Changes' }],
  [wire.userAnswerSchema, { id: 'UserAnswer' }],
  [wire.eventAnswerSchema, { id: 'EventAnswer' }],
  [wire.batchAnswerSchema, { id: 'BatchAnswer' }],
  [wire.messageItemSchema, { id: 'Message' }],
  [wire.runItemSchema, { id: 'Run' }],
  [wire.stepSchema, { id: 'Step' }],
  [wire.journeySchema, { id: 'Journey' }],
  [wire.statusSchema, { id: 'Status' }],
  [wire.deploymentAnswerSchema, { id: 'DeploymentAnswer' }],
  [wire.deploymentItemSchema, { id: 'Deployment' }],
  [wire.rollbackSchema, { id: 'Rollback' }],
  [planSchema, { id: 'Plan' }],
  [planningSchema, { id: 'Planning' }],
  [wire.pauseSchema, { id: 'PauseRequest' }],
  [wire.pauseItemSchema, { id: 'Pause' }],
  [wire.retrySchema, { id: 'Retry' }],
  [wire.retryAnswerSchema, { id: 'RetryAnswer' }],
  [explanationSchema, { id: 'Explanation' }],
  [wire.errorSchema, { id: 'Error' }],
  [
    wire.errorSchema.shape.error.shape.code,
    { id: 'ErrorCode', type: 'string', enum: Object.keys(HTTP_STATUS) },
  ],
];
for (const [schema, { id, ...meta }] of named) {
  // `.openapi(id)` would create a copy that schemas built from this one do not reference; the
  // generator looks here.
  z.globalRegistry.add(schema, { ...schema.meta(), ...meta, _internal: { refId: id } });
}

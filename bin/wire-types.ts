import { z } from 'zod';
import * as api from '../src/protocol/api.ts';

/*
 * The wire contract's types as plain TypeScript, for the package's declarations. With `z.infer` in
 * them, everyone who imports the client would have to install zod for an object's field types.
 */

/**
 * Exported type → the schema it is inferred from, and whether from the schema's input (before
 * defaults) or output.
 */
const TYPES: Record<string, [schema: z.ZodType, io: 'input' | 'output']> = {
  EventBody: [api.eventSchema, 'input'],
  UserBody: [api.userBodySchema, 'input'],
  Operation: [api.operationSchema, 'input'],
  BatchBody: [api.batchSchema, 'input'],
  PushBody: [api.pushSchema, 'input'],
  Changes: [api.changesSchema, 'output'],
  UserAnswer: [api.userAnswerSchema, 'output'],
  EventAnswer: [api.eventAnswerSchema, 'output'],
  ErrorBody: [api.errorSchema, 'output'],
  BatchAnswer: [api.batchAnswerSchema, 'output'],
  MessageItem: [api.messageItemSchema, 'output'],
  RunItem: [api.runItemSchema, 'output'],
  Journey: [api.journeySchema, 'output'],
  Status: [api.statusSchema, 'output'],
  DeploymentAnswer: [api.deploymentAnswerSchema, 'output'],
  DeploymentItem: [api.deploymentItemSchema, 'output'],
};

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The text of protocol/api.d.ts. */
export function wireTypes(): string {
  const types = Object.entries(TYPES).map(([name, [schema, io]]) => {
    const json = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema === errorCode) Object.assign(jsonSchema, { type: undefined, $ref: 'ErrorCode' });
      },
    });
    return `export type ${name} = ${typeOf(json, '')};\n`;
  });
  const head = [
    "import type { ErrorCode } from '../core/errors.js';",
    "import type { Json } from '../core/json.js';",
    '',
  ];
  return [...head, ...types].join('\n');
}

// --- internal ---

/** Any text for zod, a closed list for TypeScript. */
const errorCode: unknown = api.errorSchema.shape.error.shape.code;

function typeOf(schema: JsonSchema | boolean, indent: string): string {
  if (typeof schema === 'boolean') return schema ? 'unknown' : 'never';
  // The one recursive schema of the contract is z.json().
  if (schema.$ref) return schema.$ref.startsWith('#/$defs/') ? 'Json' : schema.$ref;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const union = schema.anyOf ?? schema.oneOf;
  if (union) return union.map((member) => typeOf(member, indent)).join(' | ');
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(' | ');
  }
  switch (schema.type) {
    case 'object':
      return objectType(schema, indent);
    case 'array':
      return `(${typeOf(schema.items as JsonSchema, indent)})[]`.replace(/^\(([\w.]+)\)/, '$1');
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type;
    case undefined:
      return 'unknown';
    default:
      throw new Error(`no TypeScript for ${JSON.stringify(schema)}`);
  }
}

function objectType(schema: JsonSchema, indent: string): string {
  const values = schema.additionalProperties;
  if (schema.propertyNames && typeof values === 'object') {
    const keys = typeOf(schema.propertyNames as JsonSchema, indent);
    const value = typeOf(values, indent);
    return keys === 'string' ? `{ [key: string]: ${value} }` : `{ [K in ${keys}]?: ${value} }`;
  }
  const inner = `${indent}  `;
  const lines = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const optional = schema.required?.includes(key) ? '' : '?';
    const type = typeOf(property, inner);
    const { description } = property as JsonSchema;
    const comment = description ? `${inner}/** ${description} */\n` : '';
    return `${comment}${inner}${key}${optional}: ${type}${optional ? ' | undefined' : ''};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

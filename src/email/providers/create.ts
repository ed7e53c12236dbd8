import { isAbsolute, join } from 'node:path';
import type { MailProvider } from '../../engine/ports/mail.ts';
import type { ProviderSettings } from '../../engine/ports/manifest.ts';
import { createFileProvider } from './file.ts';
import { createPostmarkProvider } from './postmark.ts';

export interface ProviderOptions {
  /** Write every email to `.eml` files in this folder, regardless of the settings. */
  outbox?: string;
  /** The base of a relative folder of the file provider. */
  dataDir: string;
  /** POSTMARK_API_URL takes precedence over the `url` setting. */
  environment: Record<string, string | undefined>;
}

/** Creates the provider of a config. Throws `invalid_config` when its settings cannot work. */
export function createMailProvider(settings: ProviderSettings, options: ProviderOptions): MailProvider {
  if (options.outbox !== undefined) return createFileProvider({ directory: options.outbox });
  const { config } = settings;
  switch (config.name) {
    case 'postmark':
      return createPostmarkProvider({ ...config, url: options.environment.POSTMARK_API_URL || config.url });
    case 'file': {
      const directory = config.directory ?? 'outbox';
      return createFileProvider({
        directory: isAbsolute(directory) ? directory : join(options.dataDir, directory),
      });
    }
  }
}

declare module 'html-to-text' {
  /** A converter with these options, prepared once. */
  export function compile(options: {
    wordwrap: number | false;
    selectors: { selector: string; format?: string; options?: object }[];
  }): (html: string) => string;
}

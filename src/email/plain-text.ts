/// <reference path="./html-to-text.d.ts" />
import { plainTextSelectors } from '@react-email/render';
import { compile } from 'html-to-text';

/**
 * The plain text of an email's HTML, as React Email's `toPlainText` makes it, except that headings
 * keep their case. The library prepares the conversion again for every email, which takes 90 % of
 * its time.
 */
export const plainText: (html: string) => string = compile({
  wordwrap: false,
  selectors: [
    ...plainTextSelectors,
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

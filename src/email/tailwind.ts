import { Body } from '@react-email/body';
import { Button } from '@react-email/button';
import { CodeBlock } from '@react-email/code-block';
import { CodeInline } from '@react-email/code-inline';
import { Container } from '@react-email/container';
import { Heading } from '@react-email/heading';
import { Hr } from '@react-email/hr';
import { Img } from '@react-email/img';
import { Link } from '@react-email/link';
import { Preview } from '@react-email/preview';
import * as library from '@react-email/tailwind';
import { Text } from '@react-email/text';
import { cloneElement, createElement } from 'react';
import type { ItemStyle, Library } from './class-styles.ts';
import { memoisedTailwind } from './memoised-tailwind.ts';

/** The components that the library styles like elements: src/utils/react/is-component.ts of @react-email/tailwind 2.0.7. */
const LEAVES = new Set<unknown>([
  Body,
  Button,
  CodeBlock,
  CodeInline,
  Container,
  Heading,
  Hr,
  Img,
  Link,
  Preview,
  Text,
]);

/** Replaces `Tailwind` of @react-email/components and @react-email/tailwind. */
export const Tailwind = memoisedTailwind({
  tailwind: library.Tailwind as Library['tailwind'],
  probe: {
    element: (className) => createElement('i', { className }),
    read: (props) => props as ItemStyle,
  },
  isLeaf: (type) => LEAVES.has(type),
  apply: (element, { className, style }) =>
    cloneElement(element, { className, style: { ...style, ...element.props.style } }),
});

import {
  Body,
  Button,
  Container,
  Head,
  Heading,
  Html,
  Tailwind as LibraryTailwind,
  Preview,
  Section,
  Text,
} from '@react-email/components';
import { render, toPlainText } from '@react-email/render';
import type { ComponentType, ReactNode } from 'react';
import { renderEmail } from '../src/email/render.ts';
import { Tailwind } from '../src/email/tailwind.ts';
import { type Bench, interleaved, median, timed } from './measure.ts';

/**
 * A welcome email rendered as Segflow renders it, compared with the library's own render and
 * toPlainText.
 */
const bench: Bench = async ({ quick }) => {
  const repeats = 50;
  const results = await interleaved(quick ? 5 : 15, {
    ours: () => perEmail(repeats, async (name) => void (await renderEmail(welcome(Tailwind, name)))),
    library: () =>
      perEmail(repeats, async (name) => void toPlainText(await render(welcome(LibraryTailwind, name)))),
  });
  const ratios = results.library.map((time, round) => time / results.ours[round]!);
  return [
    { name: 'render, HTML and text', value: median(results.ours), unit: 'ms' },
    { name: 'the library alone', value: median(results.library), unit: 'ms' },
    { name: 'times faster', value: median(ratios), unit: '×' },
  ];
};

export default bench;

// --- internal ---

async function perEmail(repeats: number, work: (name: string) => Promise<void>): Promise<number> {
  const total = await timed(async () => {
    for (let index = 0; index < repeats; index++) await work(`user ${index}`);
  });
  return total / repeats;
}

function welcome(Styles: ComponentType<{ children: ReactNode }>, name: string) {
  return (
    <Html>
      <Head />
      <Preview>Good to have you here.</Preview>
      <Styles>
        <Body className="bg-white my-auto mx-auto font-sans px-2">
          <Container className="border border-solid border-[#eaeaea] rounded my-[40px] mx-auto p-[20px] max-w-[465px]">
            <Heading className="text-black text-[24px] font-normal text-center p-0 my-[30px] mx-0">
              Hello {name}
            </Heading>
            <Text className="text-black text-[14px] leading-[24px]">This is where it begins.</Text>
            <Section className="text-center mt-[32px] mb-[32px]">
              <Button
                className="bg-[#000000] rounded text-white text-[12px] font-semibold no-underline text-center px-5 py-3"
                href="https://example.com/start"
              >
                Start
              </Button>
            </Section>
          </Container>
        </Body>
      </Styles>
    </Html>
  );
}

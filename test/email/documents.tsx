import type { ComponentType, ReactElement, ReactNode } from 'react';
import { createContext, forwardRef, memo, useContext, useMemo } from 'react';

/*
 * Emails that between them use what Tailwind does in an email. Each is a function of a kit, so that the same document can be built with the
 * library's components and with ours.
 */

export type Kit = Record<
  | 'Html'
  | 'Head'
  | 'Body'
  | 'Container'
  | 'Section'
  | 'Row'
  | 'Column'
  | 'Heading'
  | 'Text'
  | 'Button'
  | 'Link'
  | 'Img'
  | 'Hr'
  | 'Preview'
  | 'CodeInline'
  | 'CodeBlock'
  | 'Markdown'
  | 'Tailwind'
  | 'Font',
  // biome-ignore lint/suspicious/noExplicitAny: the two libraries type their props differently
  ComponentType<any>
> & { pixelBasedPreset: object; dracula: object };

export const documents: Record<string, (kit: Kit) => ReactElement> = {
  'the welcome email': ({
    Html,
    Head,
    Preview,
    Tailwind,
    Body,
    Container,
    Heading,
    Text,
    Section,
    Button,
  }) => (
    <Html>
      <Head />
      <Preview>Welcome to our platform!</Preview>
      <Tailwind>
        <Body className="bg-white my-auto mx-auto font-sans px-2">
          <Container className="border border-solid border-[#eaeaea] rounded my-[40px] mx-auto p-[20px] max-w-[465px]">
            <Heading className="text-black text-[24px] font-normal text-center p-0 my-[30px] mx-0">
              Welcome to our platform, {'johndoe'}!
            </Heading>
            <Text className="text-black text-[14px] leading-[24px]">We're excited to have you on board.</Text>
            <Section className="text-center mt-[32px] mb-[32px]">
              <Button
                className="bg-[#000000] rounded text-white text-[12px] font-semibold no-underline text-center px-5 py-3"
                href="https://your-platform.com/get-started"
              >
                Get Started
              </Button>
            </Section>
          </Container>
        </Body>
      </Tailwind>
    </Html>
  ),

  'media queries, hover and dark mode': ({
    Html,
    Head,
    Tailwind,
    Body,
    Section,
    Row,
    Column,
    Link,
    Text,
  }) => (
    <Tailwind>
      <Html>
        <Head className="antialiased" />
        <Body className="bg-white dark:bg-black sm:p-4 md:p-8">
          <Section className="w-full max-sm:w-1/2 group">
            <Row className="md:flex">
              <Column className="sm:block lg:w-1/3 first:pt-0">one</Column>
              <Column className="text-gray-700 dark:text-gray-200 hover:text-blue-500 focus:underline">
                two
              </Column>
            </Row>
          </Section>
          <Link
            className="text-blue-600 hover:underline group-hover:font-bold md:hover:text-red-500"
            href="https://example.com/?a=1&b=2"
          >
            a link
          </Link>
          <Text className="print:hidden before:content-['→'] sm:text-lg/7 md:text-[22px]">pseudo</Text>
        </Body>
      </Html>
    </Tailwind>
  ),

  'arbitrary values and variables': ({ Html, Head, Tailwind, Body, Text, Button }) => (
    <Html>
      <Tailwind>
        <Head />
        <Body className="[color:rebeccapurple] [--gap:12px] p-[calc(1rem+2px)] bg-[url('https://example.com/a.png')]">
          <Text className="shadow-md shadow-red-500/50 ring-2 ring-offset-2 text-black/60 rounded-[7px] w-[37%]">
            shadow
          </Text>
          <Text className="shadow ring-4 ring-blue-500/20 border-t-2 border-dashed divide-y">ring</Text>
          <Text className="translate-x-4 rotate-45 scale-50 -mt-2 !font-bold bg-gradient-to-r from-red-500 via-white to-blue-500">
            transform
          </Text>
          <Text className="shadow-md leading-relaxed tracking-wide text-lg font-mono oklch-none bg-[oklch(0.7_0.1_200)]">
            again
          </Text>
          <Text className="shadow-md shadow-red-500/50 ring-2 ring-offset-2 text-black/60 rounded-[7px] w-[37%]">
            shadow
          </Text>
          <Button className="px-[12px] py-3.5 text-base unknown-class another_one" href="#">
            <span className="inset-ring space-x-2 gap-[var(--gap)]">go</span>
          </Button>
        </Body>
      </Tailwind>
    </Html>
  ),

  'a custom config': ({ Html, Head, Tailwind, Body, Text, pixelBasedPreset }) => (
    <Tailwind
      config={{
        presets: [pixelBasedPreset],
        theme: {
          extend: {
            colors: { brand: '#007291', deep: { 500: 'hsl(200, 50%, 40%)' } },
            spacing: { 18: '72px' },
          },
        },
        darkMode: 'class',
        plugins: [
          ({ addUtilities }: { addUtilities: (utilities: object) => void }) =>
            addUtilities({ '.shout': { textTransform: 'uppercase' } }),
        ],
      }}
    >
      <Html>
        <Head />
        <Body className="bg-brand p-18 dark:bg-deep-500">
          <Text className="text-deep-500 shout text-sm md:text-brand">brand</Text>
        </Body>
      </Html>
    </Tailwind>
  ),

  'nested components': ({ Html, Head, Tailwind, Body, Container, Text, Img, Hr, Heading }) => {
    const Name = createContext('nobody');
    const Card = ({
      title,
      children,
      className = '',
    }: {
      title: string;
      children?: ReactNode;
      className?: string;
    }) => (
      <Container className={`rounded-lg p-4 ${className}`}>
        <Heading as="h2" className="m-0 text-xl">
          {title}
        </Heading>
        {children}
      </Container>
    );
    const Forwarded = forwardRef<HTMLElement, { className?: string }>((props, _ref) => (
      <em {...props}>forwarded</em>
    ));
    const Memoised = memo(({ className }: { className?: string }) => <b className={className}>memo</b>);
    const Drops = (_props: { className?: string }) => <i>kept nothing</i>;
    const Signature = () => {
      const name = useContext(Name);
      const year = useMemo(() => 2024, []);
      return (
        <>
          <Hr className="my-2 border-gray-300" />
          <small className="text-xs text-gray-500">
            {name} {year}
          </small>
        </>
      );
    };
    return (
      <Html>
        <Tailwind>
          <Head>
            <title>nested</title>
          </Head>
          <Body className="font-serif">
            <Card title="outer" className="bg-amber-100 md:p-8">
              <Card title="inner">
                <Text className="text-green-700" style={{ color: 'red', lineHeight: '1' }}>
                  deep
                </Text>
              </Card>
              <Forwarded className="italic underline" />
              <Memoised className="font-bold" />
              <Drops className="hidden lg:block" />
            </Card>
            <Name.Provider value="Ann">
              <Signature />
            </Name.Provider>
            <Img src="https://example.com/logo.png" alt="logo" className="mx-auto h-10 w-auto" />
            {null}
            {false}
            {0}
            {[
              'a',
              <b key="b" className="text-red-500">
                b
              </b>,
              'c',
            ]}
          </Body>
        </Tailwind>
      </Html>
    );
  },

  'a long list': ({ Html, Head, Tailwind, Body, Section, Row, Column, Text }) => (
    <Html>
      <Head />
      <Tailwind>
        <Body className="bg-white">
          <Section className="w-full">
            {Array.from({ length: 120 }, (_, index) => (
              <Row key={index} className={index % 2 ? 'bg-gray-50' : 'bg-white'}>
                <Column className="p-2 align-top">
                  <Text className="m-0 text-sm shadow-sm">Item {index + 1} &amp; more</Text>
                </Column>
                <Column className="p-2 text-right ring-1">
                  <Text className="m-0 text-sm font-semibold">${(index * 1.5).toFixed(2)}</Text>
                </Column>
              </Row>
            ))}
          </Section>
        </Body>
      </Tailwind>
    </Html>
  ),

  'code, markdown and lists': ({
    Html,
    Head,
    Tailwind,
    Body,
    CodeInline,
    CodeBlock,
    Markdown,
    Text,
    Link,
    dracula,
  }) => (
    <Html lang="de">
      <Tailwind>
        <Head />
        <Body className="text-base">
          <CodeBlock code={'const a = 1 < 2;\n'} language="javascript" theme={dracula} className="p-2" />
          <Markdown>
            {'# Überschrift\n\nEin *Wort* und [ein Link](https://example.com).\n\n- eins\n- zwei'}
          </Markdown>
          <ol className="list-decimal" start={3}>
            <li className="mb-1">three</li>
            <li>
              four
              <ul>
                <li>nested</li>
              </ul>
            </li>
          </ol>
          <Text className="uppercase">
            Run <CodeInline className="bg-gray-100 px-1">npm i</CodeInline> 🎉
            <br />
            or write to <Link href="mailto:help@example.com">help@example.com</Link>
          </Text>
        </Body>
      </Tailwind>
    </Html>
  ),

  'two Tailwinds, and none': ({ Html, Head, Tailwind, Body, Text }) => (
    <Html>
      <Head />
      <Body>
        <Tailwind>
          <Text className="text-red-500">one</Text>
        </Tailwind>
        <Text className="text-red-500">untouched</Text>
        <Tailwind config={{ theme: { colors: { red: { 500: '#123456' } } } }}>
          <Text className="text-red-500">two</Text>
          <Tailwind>
            <Text className="text-red-500 p-1">nested</Text>
          </Tailwind>
        </Tailwind>
      </Body>
    </Html>
  ),

  'no Tailwind': ({ Body, Container, Heading, Text, Button }) => (
    <Body>
      <Container>
        <Heading>Password Reset Request</Heading>
        <Text>Hello johndoe,</Text>
        <Button href="https://yourapp.com/reset-password?token=undefined">Reset Password</Button>
      </Container>
    </Body>
  ),
};

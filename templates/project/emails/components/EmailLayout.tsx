import { Body, Container, Head, Hr, Html, Preview, Tailwind, Text } from '@react-email/components';
import type { ReactNode } from 'react';

interface EmailLayoutProps {
  /** The line mail programs show beside the subject. */
  preview: string;
  /** Why the reader gets this email: the small print at the end. */
  reason: string;
  children: ReactNode;
}

/** What all emails share: change the look of every one of them here. */
export const EmailLayout = ({ preview, reason, children }: EmailLayoutProps) => (
  <Html lang="en">
    <Head />
    <Preview>{preview}</Preview>
    <Tailwind>
      <Body className="m-0 bg-[#f6f5f2] px-[12px] py-[32px] font-sans">
        <Container className="mx-auto max-w-[480px] rounded-[12px] bg-white px-[32px] py-[28px]">
          <Text className="m-0 text-[15px] font-bold tracking-[0.02em] text-[#16140f]">Acme</Text>
          {children}
          <Hr className="mb-[16px] mt-[32px] border-[#eceae4]" />
          <Text className="m-0 text-[12px] leading-[18px] text-[#8a867c]">{reason}</Text>
        </Container>
      </Body>
    </Tailwind>
  </Html>
);

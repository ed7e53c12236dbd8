import { Button, Heading, Section, Text } from '@react-email/components';
import type { MyUserAttributes } from '../segflow.config';
import { EmailLayout } from './components/EmailLayout';

interface WinbackEmailProps {
  user: MyUserAttributes;
}

const WinbackEmailTemplate = ({ user }: WinbackEmailProps) => (
  <EmailLayout
    preview="Everything is where you left it."
    reason="You receive this email because you have not used your Acme account for a while."
  >
    <Heading className="mb-[8px] mt-[24px] text-[24px] font-semibold leading-[32px] text-[#16140f]">
      It has been a while, {user.username}
    </Heading>
    <Text className="m-0 text-[15px] leading-[24px] text-[#4a473f]">
      Everything is where you left it. If something was missing, tell us what: we may have built it since.
    </Text>
    <Section className="mt-[24px]">
      <Button
        className="rounded-[8px] bg-[#16140f] px-[20px] py-[12px] text-[14px] font-semibold text-white no-underline"
        href="https://example.com/welcome-back"
      >
        Pick up where you left off
      </Button>
    </Section>
  </EmailLayout>
);

WinbackEmailTemplate.PreviewProps = {
  user: { username: 'Grace', email: 'grace@example.com', winback: true },
} satisfies WinbackEmailProps;

export default WinbackEmailTemplate;

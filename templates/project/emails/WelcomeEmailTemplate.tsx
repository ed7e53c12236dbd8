import { Button, Heading, Section, Text } from '@react-email/components';
import type { MyUserAttributes } from '../segflow.config';
import { EmailLayout } from './components/EmailLayout';

interface WelcomeEmailProps {
  user: MyUserAttributes;
}

const WelcomeEmailTemplate = ({ user }: WelcomeEmailProps) => (
  <EmailLayout
    preview="Your account is ready. Here is a good first step."
    reason="You receive this email because you opened an account at Acme."
  >
    <Heading className="mb-[8px] mt-[24px] text-[24px] font-semibold leading-[32px] text-[#16140f]">
      Welcome, {user.username}
    </Heading>
    <Text className="m-0 text-[15px] leading-[24px] text-[#4a473f]">
      Your account is ready. Most people begin with one small thing: it takes about two minutes, and the rest
      makes sense from there.
    </Text>
    <Section className="mt-[24px]">
      <Button
        className="rounded-[8px] bg-[#16140f] px-[20px] py-[12px] text-[14px] font-semibold text-white no-underline"
        href="https://example.com/get-started"
      >
        Get started
      </Button>
    </Section>
    <Text className="mb-0 mt-[24px] text-[15px] leading-[24px] text-[#4a473f]">
      Questions? Reply to this email: a person reads it.
    </Text>
  </EmailLayout>
);

WelcomeEmailTemplate.PreviewProps = {
  user: { username: 'Ada', email: 'ada@example.com' },
} satisfies WelcomeEmailProps;

export default WelcomeEmailTemplate;

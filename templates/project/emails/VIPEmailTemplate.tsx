import { Heading, Section, Text } from '@react-email/components';
import type { MyUserAttributes } from '../segflow.config';
import { EmailLayout } from './components/EmailLayout';

interface VIPEmailProps {
  user: MyUserAttributes;
}

const BENEFITS = [
  ['Free express delivery', 'on every order, without a minimum'],
  ['First look', 'at new things, two days before everyone else'],
  ['Your own contact', 'who answers within the hour'],
] as const;

const VIPEmailTemplate = ({ user }: VIPEmailProps) => (
  <EmailLayout
    preview="A thank-you, and what comes with it."
    reason="You receive this email because you are one of Acme's best customers."
  >
    <Heading className="mb-[8px] mt-[24px] text-[24px] font-semibold leading-[32px] text-[#16140f]">
      Thank you, {user.username}
    </Heading>
    <Text className="m-0 text-[15px] leading-[24px] text-[#4a473f]">
      You are one of the customers who keep us going. From now on this is yours:
    </Text>
    <Section className="mt-[20px] rounded-[8px] bg-[#faf6ea] px-[20px] py-[8px]">
      {BENEFITS.map(([title, detail]) => (
        <Text key={title} className="my-[12px] text-[15px] leading-[22px] text-[#4a473f]">
          <strong className="text-[#16140f]">{title}</strong> {detail}
        </Text>
      ))}
    </Section>
  </EmailLayout>
);

VIPEmailTemplate.PreviewProps = {
  user: { username: 'Katherine', email: 'katherine@example.com' },
} satisfies VIPEmailProps;

export default VIPEmailTemplate;

import { Column, Heading, Row, Section, Text } from '@react-email/components';
import type { TransactionEvent } from 'segflow';
import type { MyUserAttributes } from '../segflow.config';
import { EmailLayout } from './components/EmailLayout';

interface PurchaseConfirmationProps {
  user: MyUserAttributes;
  /** The `purchase` event: its attributes are what was emitted, so check them before use. */
  event: TransactionEvent;
}

const money = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

const PurchaseConfirmationTemplate = ({ user, event }: PurchaseConfirmationProps) => {
  const { value, item } = event.attributes;
  return (
    <EmailLayout
      preview="Thank you for your order."
      reason="You receive this email because you bought something at Acme."
    >
      <Heading className="mb-[8px] mt-[24px] text-[24px] font-semibold leading-[32px] text-[#16140f]">
        Order confirmed
      </Heading>
      <Text className="m-0 text-[15px] leading-[24px] text-[#4a473f]">
        Thank you, {user.username}. We are packing it now and write again when it is on its way.
      </Text>
      {typeof value === 'number' && (
        <Section className="mt-[20px] rounded-[8px] bg-[#f6f5f2] px-[20px] py-[4px]">
          <Row>
            <Column>
              <Text className="my-[12px] text-[15px] text-[#4a473f]">
                {typeof item === 'string' ? item : 'Total'}
              </Text>
            </Column>
            <Column align="right">
              <Text className="my-[12px] text-[15px] font-semibold text-[#16140f]">
                {money.format(value)}
              </Text>
            </Column>
          </Row>
        </Section>
      )}
    </EmailLayout>
  );
};

PurchaseConfirmationTemplate.PreviewProps = {
  user: { username: 'Ada', email: 'ada@example.com' },
  event: {
    name: 'purchase',
    attributes: { value: 129.5, item: 'Desk lamp' },
    createdAt: new Date('2024-05-01T12:00:00Z'),
  },
} satisfies PurchaseConfirmationProps;

export default PurchaseConfirmationTemplate;

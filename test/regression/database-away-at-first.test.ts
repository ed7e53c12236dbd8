import { expect, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import { configOf, engineWorld } from '../engine/world.ts';

test('a database that was away when a process first needed the installation’s id is asked again', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({ transactions: `receipt: { event: 'purchase', subject: 'Thanks', component }` }),
  );
  const { instanceId } = world.store;
  let failures = 0;
  world.store.instanceId = async () => {
    if (failures++ === 0) throw new SegflowError('unavailable', 'nothing answers');
    return instanceId.call(world.store);
  };
  await expect(world.add('ada')).rejects.toThrow('nothing answers');
  await world.add('ada');
  await world.emit('ada', 'purchase');
  expect(world.mail).toEqual(['receipt → ada@example.com']);
});

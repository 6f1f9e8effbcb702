import { describe, expect, it } from 'vitest';
import { SessionView } from '../../contract/api/session.ts';
import { boxWordsOf } from './box-words.ts';

describe('the six words of a box', () => {
  it('stay the same for the same box over every version: they were written down by somebody', () => {
    expect(boxWordsOf('0f8fad5b-d9cb-469f-a165-70867728950e')).toEqual([
      'picnic',
      'dwarf',
      'gaze',
      'car',
      'exclude',
      'oblige',
    ]);
  });

  it('differ between boxes, are plain words and fit the contract', () => {
    const boxes = Array.from({ length: 500 }, (_, n) => boxWordsOf(`uid-${n}`));
    expect(new Set(boxes.map((words) => words.join(' '))).size).toBe(500);
    for (const words of boxes) {
      expect(SessionView.shape.words.parse(words)).toHaveLength(6);
      expect(words.every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true);
    }
    // All of the list is used, not a corner of it.
    expect(new Set(boxes.flat()).size).toBeGreaterThan(1_200);
  });
});

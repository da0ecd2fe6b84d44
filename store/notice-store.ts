/**
 * The part of the store's port that is about telling people: notices, tellings, deliveries, and who looked. Nothing in it
 * authorises anything; each method is one transaction, as everywhere in the store.
 */
import type { Look } from '../core/contracts/look.ts';
import type { Telling } from '../core/contracts/telling.ts';
import type { KeptNotice, Notice } from './notice.ts';

export interface NoticeStore {
  /** Requests that this channel was not told of, and notices whose time has come. */
  noticesDue(filter: { channel: string; now: number; limit: number }): Promise<Notice[]>;
  /** The same, of reviews of break-glass. */
  reviewNoticesDue(filter: { channel: string; now: number; limit: number }): Promise<Notice[]>;
  /** True: this caller has it until the lease ends. */
  takeNotice(notice: Notice, leaseUntilAt: number): Promise<boolean>;
  /** @param telling what was told, in the same transaction; absent: nothing was */
  saveNotice(notice: Notice, telling?: Telling): Promise<void>;
  /** Of the request, and of its review where somebody broke the glass. */
  noticesOf(nonce: string): Promise<KeptNotice[]>;
  /** Of many requests in one look, for lists, without those of reviews; a request without any has no entry. */
  noticesOfAll(nonces: readonly string[]): Promise<Map<string, KeptNotice[]>>;
  /** Latest to be tried first. */
  listNotices(filter: { state: KeptNotice['state']; limit: number }): Promise<KeptNotice[]>;
  /** Of other channels, by which nobody could be told (`isUntold`), and not yet said by this one. */
  untoldBeside(of: { nonce: string; channel: string }): Promise<KeptNotice[]>;
  /** This channel has said that the one that it is about could not tell. */
  noteAlarm(alarm: { nonce: string; channel: string; about: string; at: number }): Promise<void>;
  /** Of a request and of its review, earliest first. As they lie there: nobody signs them. */
  tellingsOf(nonce: string): Promise<Telling[]>;
  /** One more of this person from there. */
  noteLook(look: Omit<Look, 'firstAt' | 'lastAt' | 'times'> & { at: number }): Promise<void>;
  /** Earliest first. */
  looksOf(nonce: string): Promise<Look[]>;
  /** False: seen before. Those seen before `forgetBefore` are forgotten. */
  firstDelivery(delivery: { source: string; id: string; now: number; forgetBefore: number }): Promise<boolean>;
}
